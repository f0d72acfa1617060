// Package top is `mcsctl top`: the clusterset as it changes, on a terminal that is drawn anew, or line by line in a pipe.
//
// Here belong the live view, its keys and its lines. What is drawn follows from reports of the package health alone: rows, changes and
// the picture are pure functions, and the model is moved by messages. It imports observe, health, and the packages that all
// commands share.
package top
