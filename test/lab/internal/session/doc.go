// Package session runs a program in one process on behalf of another: the one at a person's terminal asks, over a unix
// socket, and hands over its standard input, output and error; the one inside a lab's namespaces starts the program and
// passes on signals one way and the exit status the other.
//
// It stands in for entering the namespaces, which a Go program cannot do to itself (a process with several threads may
// not change its user namespace) and a person may not be allowed to. It knows nothing of clusters; the lab does.
package session
