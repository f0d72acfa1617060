//go:build !linux

package lab

import (
	"os"
	"syscall"
)

func ownGroup() *syscall.SysProcAttr { return nil }

// The process may be gone already when these are called; then there is nothing to signal and nothing to report.

func (p *Process) terminate() { _ = p.command.Process.Signal(os.Interrupt) }
func (p *Process) kill()      { _ = p.command.Process.Kill() }
