//go:build unix

package lab

import (
	"os"
	"syscall"
)

// lock takes a file for as long as it is open, or fails at once.
func lock(file *os.File) error {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
