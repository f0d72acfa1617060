package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/descriptor"
)

const (
	// requestTimeout bounds how long a connection may take to say what it wants.
	requestTimeout = 10 * time.Second
	// hangUpTimeout is how long a program may live on after whoever asked for it has gone.
	hangUpTimeout = 2 * time.Second
)

// Start starts a program for a request, with the given standard files. It must make it the leader of a process group.
type Start func(r Request, stdio [standardFiles]*os.File) (*exec.Cmd, error)

// Serve runs programs for whoever connects to listener until ctx ends. Then it closes the listener, kills what runs, and
// returns when all of it is gone.
func Serve(ctx context.Context, listener *net.UnixListener, start Start) {
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() })
	defer stop()
	var group sync.WaitGroup
	defer group.Wait()
	for {
		conn, err := listener.AcceptUnix()
		if ctx.Err() != nil {
			if err == nil {
				_ = conn.Close()
			}
			return
		}
		if err != nil {
			select { // out of descriptors; that passes
			case <-ctx.Done():
			case <-time.After(50 * time.Millisecond):
			}
			continue
		}
		group.Go(func() { serve(ctx, conn, start) })
	}
}

func serve(ctx context.Context, conn *net.UnixConn, start Start) {
	defer conn.Close()
	status, err := run(ctx, conn, start)
	answer := result{Status: status}
	if err != nil {
		answer.Error = err.Error()
	}
	_ = json.NewEncoder(conn).Encode(answer) // whoever asked may have gone
}

func run(ctx context.Context, conn *net.UnixConn, start Start) (int, error) {
	if err := conn.SetReadDeadline(time.Now().Add(requestTimeout)); err != nil {
		return 0, err
	}
	stdio, err := receive(conn)
	if err != nil {
		return 0, err
	}
	in := json.NewDecoder(io.LimitReader(conn, maxRequest))
	var r Request
	if err := in.Decode(&r); err != nil {
		descriptor.Close(stdio[:])
		return 0, fmt.Errorf("reading what to run: %w", err)
	}
	command, err := start(r, stdio)
	descriptor.Close(stdio[:]) // the program has its own
	if err != nil {
		return 0, err
	}
	if err := conn.SetReadDeadline(time.Time{}); err != nil {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
	}
	return accompany(ctx, conn, in, command)
}

// accompany passes signals to the program until it ends. It ends soon after whoever asked for it hangs up, and at once
// when ctx does.
func accompany(ctx context.Context, conn *net.UnixConn, in *json.Decoder, command *exec.Cmd) (int, error) {
	tell := func(s syscall.Signal) { _ = syscall.Kill(-command.Process.Pid, s) } // the group may be gone
	ended := make(chan struct{})
	listening := make(chan struct{})
	go func() {
		defer close(listening)
		for {
			var s signal
			if err := in.Decode(&s); err != nil {
				break
			}
			tell(syscall.Signal(s.Number))
		}
		select {
		case <-ended: // it is over, and we hung up ourselves
			return
		default:
			tell(syscall.SIGHUP)
		}
		select {
		case <-ended:
		case <-time.After(hangUpTimeout):
			tell(syscall.SIGKILL)
		}
	}()
	stop := context.AfterFunc(ctx, func() { tell(syscall.SIGKILL) })
	err := command.Wait()
	stop()
	close(ended)
	_ = conn.CloseRead() // ends the goroutine; the answer still goes out
	<-listening
	return status(err)
}

func receive(conn *net.UnixConn) ([standardFiles]*os.File, error) {
	var stdio [standardFiles]*os.File
	one := make([]byte, 1)
	_, files, err := descriptor.Receive(conn, one)
	if err != nil {
		return stdio, err
	}
	if one[0] != greeting || len(files) != standardFiles {
		descriptor.Close(files)
		return stdio, fmt.Errorf("reading what to run: %d files came, want %d", len(files), standardFiles)
	}
	return [standardFiles]*os.File(files), nil
}

// status is how a program ended, as a shell would put it.
func status(err error) (int, error) {
	var exit *exec.ExitError
	if err == nil {
		return 0, nil
	}
	if !errors.As(err, &exit) {
		return 0, err
	}
	if wait, ok := exit.Sys().(syscall.WaitStatus); ok && wait.Signaled() {
		return 128 + int(wait.Signal()), nil
	}
	return exit.ExitCode(), nil
}
