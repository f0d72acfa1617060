// Package edit puts a marked block for the clusterset's zone into a Corefile, and takes it out again to the byte.
//
// Here belong the text and what it means. Reading and writing ConfigMaps is corefile's. The package is pure: it imports the Corefile's
// own parser and nothing of the project.
package edit
