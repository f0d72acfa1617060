//go:build !linux

package lab

import (
	"os"
	"syscall"
)

func ownGroup() *syscall.SysProcAttr { return nil }

func killGroup(leader *os.Process) error      { return leader.Kill() }
func terminateGroup(leader *os.Process) error { return leader.Signal(os.Interrupt) }
