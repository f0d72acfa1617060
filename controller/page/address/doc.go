// Package address says where a controller serves its page, unless it is told otherwise.
//
// It is apart from the page so that a program that only asks for the page does not have to bring one along. Here belongs nothing else. It
// imports nothing of the project.
package address
