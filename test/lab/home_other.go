//go:build !unix

package lab

import "os"

// lock does nothing where there is no flock; two labs in one directory are then up to the caller.
func lock(*os.File) error { return nil }
