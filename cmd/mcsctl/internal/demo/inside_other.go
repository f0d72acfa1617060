//go:build !linux

package demo

import "errors"

// actInside does nothing where a demo has no networks and processes of its own.
func actInside(_, _ string) error {
	return errors.New("this scenario needs the namespaces of Linux, which this machine has not")
}
