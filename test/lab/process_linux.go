package lab

import "syscall"

// ownGroup puts a process in a group of its own and ties its life to the thread that starts it.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// The group may be gone already when these are called; then there is nothing to signal and nothing to report.

func (p *Process) terminate() { _ = syscall.Kill(-p.Pid(), syscall.SIGTERM) }
func (p *Process) kill()      { _ = syscall.Kill(-p.Pid(), syscall.SIGKILL) }
