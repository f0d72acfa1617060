// Package shell spells words for the shell that a person pastes a command into.
//
// Here belongs how a word is written; which command helps is said by the package that knows what is wrong. It imports nothing of the
// project.
package shell
