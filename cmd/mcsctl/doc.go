// Here belongs the command line's entry and nothing else: each family of commands is a package of its own below internal/,
// and no package outside cmd imports any of them.
package main
