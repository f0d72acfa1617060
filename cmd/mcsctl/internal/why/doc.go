// Package why is `mcsctl why`: why does a name of the clusterset resolve as it does, and what would change that.
//
// Here belongs the command and its form. What is read is package gather's, what it means is package explain's.
package why
