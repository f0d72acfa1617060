//go:build !linux

package lab

import "errors"

type sessions struct{}

func (*sessions) close() {}

func (l *Lab) openSessions() error { return nil }

// Exec needs Linux.
func (r *Running) Exec(string, ...string) error {
	return errors.New("running a program in a cluster's network: networks of their own exist on Linux only")
}
