// Package descriptor sends open files from one process to another over a unix socket. It is for Linux and empty
// elsewhere. It imports nothing of the lab; door and session import it.
package descriptor
