// Package screen is what a command shows to a terminal, a pipe and a script: aligned tables that fit, colour where it is wanted,
// progress where somebody waits, JSON and YAML for programs.
//
// Here belongs form. What is said is the command's. It imports nothing of the project but exit.
package screen
