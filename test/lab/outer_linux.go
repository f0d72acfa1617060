package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/door"
)

// arrivalTimeout bounds how long the process inside may take to say hello, which it does in milliseconds.
const arrivalTimeout = 30 * time.Second

// attempt is one way to get namespaces.
type attempt struct {
	mode  Mode
	flags uintptr
}

const everyNamespace = unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWPID

// attempts lists what to try, best first. Root tries user namespaces too: the same way serves everybody, and it is the
// way that is tested most.
func attempts(wish string, uid int) []attempt {
	user := attempt{mode: UserNamespaces, flags: unix.CLONE_NEWUSER | everyNamespace}
	root := attempt{mode: RootNamespaces, flags: everyNamespace}
	switch {
	case wish == "dns":
		return nil
	case wish == "user", wish != "root" && uid != 0:
		return []attempt{user}
	case wish == "root":
		return []attempt{root}
	default:
		return []attempt{user, root}
	}
}

// reexecute starts this program again in namespaces and exits with its status. It returns only if there is no such
// program to wait for, with the reason.
func reexecute(a attempt) error {
	// The process inside is killed when this thread ends, so the thread stays: unlocked only when we give up.
	runtime.LockOSThread()
	line, theirs, err := newLine()
	if err != nil {
		return err
	}
	defer line.Close()
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, forwarded...)
	defer signal.Stop(signals)

	command := inside(a, theirs)
	err = command.Start()
	_ = theirs.Close() // theirs now; our copy would keep the line open after their death
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	if err := greeted(line); err != nil {
		_ = command.Process.Kill() // it may have ended by itself; Wait tells
		_ = command.Wait()         // its status says less than the greeting
		runtime.UnlockOSThread()
		return err
	}
	go door.Keeper(line)
	go forward(signals, command.Process)
	os.Exit(status(command.Wait()))
	return nil
}

func inside(a attempt, theirs *os.File) *exec.Cmd {
	command := exec.Command("/proc/self/exe", os.Args[1:]...)
	command.Args[0] = os.Args[0]
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	command.Env = append(os.Environ(), insideVariable+"="+string(a.mode))
	command.ExtraFiles = []*os.File{theirs}
	command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: a.flags, Pdeathsig: syscall.SIGKILL}
	if a.flags&unix.CLONE_NEWUSER != 0 {
		command.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		command.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	}
	return command
}

// newLine makes the connection between the two processes: our end, and theirs to hand over.
func newLine() (*net.UnixConn, *os.File, error) {
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("making a socket pair: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(ends[0]), "inside"), os.NewFile(uintptr(ends[1]), "outside")
	conn, err := net.FileConn(ours)
	if err := errors.Join(err, ours.Close()); err != nil {
		return nil, nil, fmt.Errorf("making a socket pair: %w", errors.Join(err, theirs.Close()))
	}
	return conn.(*net.UnixConn), theirs, nil // a pair of unix sockets is one
}

// greeted waits for the first word from inside.
func greeted(line *net.UnixConn) error {
	if err := line.SetReadDeadline(time.Now().Add(arrivalTimeout)); err != nil {
		return err
	}
	buffer := make([]byte, 4096)
	n, err := line.Read(buffer)
	if err != nil {
		return fmt.Errorf("the process inside ended or is stuck before it could set itself up: %w", err)
	}
	var greeting hello
	if err := json.Unmarshal(buffer[:n], &greeting); err != nil {
		return fmt.Errorf("reading what the process inside says: %w", err)
	}
	if greeting.Refused != "" {
		return errors.New(greeting.Refused)
	}
	return line.SetReadDeadline(time.Time{})
}

// forwarded are the signals that mean something to a program and that people and tools send to the one process they
// know of.
var forwarded = []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2}

// forward passes signals on. A terminal sends its own to all processes in its foreground, the one inside among them,
// and a second one from us would look like an impatient person.
func forward(signals <-chan os.Signal, inside *os.Process) {
	for s := range signals {
		typed := s == syscall.SIGINT || s == syscall.SIGQUIT
		if typed && inForeground() {
			continue
		}
		_ = inside.Signal(s) // it may be gone, and then so are we in a moment
	}
}

// inForeground is whether the terminal that controls us, if any, sends its signals to our process group.
func inForeground() bool {
	terminal, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	defer terminal.Close()
	group, err := unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// status is the exit status that stands for how the process inside ended, as a shell would put it.
func status(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &exit):
		return 1
	case exit.ExitCode() >= 0:
		return exit.ExitCode()
	}
	if wait, ok := exit.Sys().(syscall.WaitStatus); ok && wait.Signaled() {
		return 128 + int(wait.Signal())
	}
	return 1
}
