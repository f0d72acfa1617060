package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/netspace"
)

// tailBytes is how much of the end of a log is read to show its last lines.
const tailBytes = 64 << 10

// Process is a program that runs in a cluster. Its methods are safe for concurrent use.
type Process struct {
	name    string
	log     string
	command *exec.Cmd
	done    chan struct{}
	err     error       // how it ended; read it after done
	asked   atomic.Bool // somebody wanted it to end
}

// startProcess starts argv on the resident thread of space, in a process group of its own, so that a key typed at our
// terminal reaches us alone and we decide the order in which things end. Its output is appended to the file log.
func startProcess(space *netspace.Space, name string, argv, env []string, log string) (*Process, error) {
	if err := os.MkdirAll(filepath.Dir(log), 0o700); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	output, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	defer output.Close()
	command := exec.Command(argv[0], argv[1:]...)
	command.Env = env
	command.Stdout, command.Stderr = output, output
	command.SysProcAttr = ownGroup()
	if err := space.Spawn(command.Start); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	p := &Process{name: name, log: log, command: command, done: make(chan struct{})}
	go func() {
		p.err = command.Wait()
		p.kill() // what it started and left behind, all in its group
		close(p.done)
	}()
	return p, nil
}

// Name is the name it was started under.
func (p *Process) Name() string { return p.name }

// Pid is its number in the process namespace of the lab.
func (p *Process) Pid() int { return p.command.Process.Pid }

// Log is the file that its output goes to.
func (p *Process) Log() string { return p.log }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err is how the process ended, and nil while it runs or when it ended with status 0.
func (p *Process) Err() error {
	select {
	case <-p.done:
		return p.err
	default:
		return nil
	}
}

// Tail is the last n lines of its log, fewer where there are fewer or the log cannot be read.
func (p *Process) Tail(n int) []string { return tail(p.log, n) }

// Stop asks the process to end and waits for it; when ctx ends first, it kills the process and still waits. It returns
// nil for a process that ended as asked, whatever its status, and the cause of ctx for one that had to be killed.
func (p *Process) Stop(ctx context.Context) error {
	p.asked.Store(true)
	select {
	case <-p.done:
		return nil // its number may be somebody else's by now
	default:
		p.terminate()
	}
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		p.Kill()
		return fmt.Errorf("stopping %s, which had to be killed: %w", p.name, context.Cause(ctx))
	}
}

// Kill ends the process and whatever it started at once, with kill -9, and returns when it is gone.
func (p *Process) Kill() {
	p.asked.Store(true)
	select {
	case <-p.done: // its number may be somebody else's by now
	default:
		p.kill()
		<-p.done
	}
}

// The group may be gone when these are called; then there is nothing to signal and nothing to report.

func (p *Process) terminate() { _ = terminateGroup(p.command.Process) }
func (p *Process) kill()      { _ = killGroup(p.command.Process) }

// ended describes a process that should not have ended, with what it said last.
func (p *Process) ended() error {
	err := p.Err()
	if err == nil {
		err = errors.New("exit status 0")
	}
	return fmt.Errorf("running %s: it ended by itself, %w%s", p.name, err, p.lastWords())
}

// lastWords is the end of the log in a form to append to an error.
func (p *Process) lastWords() string {
	const lines = 10
	return fmt.Sprintf("\nthe end of %s:\n\t%s", p.log, strings.Join(p.Tail(lines), "\n\t"))
}

// tail reads the last n lines of a file that may be huge.
func tail(path string, n int) []string {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil
	}
	start := max(0, info.Size()-tailBytes)
	buffer := make([]byte, info.Size()-start)
	read, err := file.ReadAt(buffer, start)
	if err != nil && read == 0 {
		return nil
	}
	lines := strings.Split(strings.TrimRight(string(buffer[:read]), "\n"), "\n")
	if start > 0 && len(lines) > 1 {
		lines = lines[1:] // the first one is cut
	}
	return lines[max(0, len(lines)-n):]
}
