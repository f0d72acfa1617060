// Package proc reads what the kernel says of a process: the time it computed and the memory it holds. It works where there is
// a Linux /proc, and imports nothing of this module.
package proc
