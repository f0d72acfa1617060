// Here belongs the command line's entry: what it is called, which commands it has, with which status it ends. Each family of
// commands is a package of its own below internal/, and no package outside cmd imports any of them. The scripts in testdata
// show every command as it is typed, on a clusterset of real control planes.
package main
