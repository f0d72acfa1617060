package session

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/descriptor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs programs here and now.
func start(r Request, stdio [standardFiles]*os.File) (*exec.Cmd, error) {
	command := exec.Command(r.Argv[0], r.Argv[1:]...)
	command.Env, command.Dir = r.Env, r.Dir
	command.Stdin, command.Stdout, command.Stderr = stdio[0], stdio[1], stdio[2]
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return command, command.Start()
}

// serving serves until the test ends, checks that serving ends too, and returns where to connect and how to end it.
func serving(t *testing.T) (func() *net.UnixConn, context.CancelFunc) {
	t.Helper()
	address := &net.UnixAddr{Net: "unix", Name: filepath.Join(t.TempDir(), "s")}
	listener, err := net.ListenUnix("unix", address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		Serve(ctx, listener, start)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return func() *net.UnixConn {
		conn, err := net.DialUnix("unix", nil, address)
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}, cancel
}

// pipe is a program's output, and the end of it that is ours to read.
func pipe(t *testing.T) (*os.File, *os.File) {
	t.Helper()
	ours, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { descriptor.Close([]*os.File{ours, theirs}) })
	return ours, theirs
}

// firstByte waits until the program has said something.
func firstByte(t *testing.T, output *os.File) {
	t.Helper()
	if _, err := output.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
}

func TestAProgramHasOurFilesEnvironmentAndDirectory(t *testing.T) {
	connect, _ := serving(t)
	conn := connect()
	defer conn.Close()
	ours, theirs := pipe(t)
	request := Request{Argv: []string{"/bin/sh", "-c", `echo "$WORD in $(pwd)"`}, Env: []string{"WORD=hello"}, Dir: "/"}
	status, err := Run(conn, request, [3]*os.File{os.Stdin, theirs, os.Stderr}, nil)
	if err != nil || status != 0 {
		t.Fatalf("status %d, %v", status, err)
	}
	buffer := make([]byte, 100)
	n, err := ours.Read(buffer)
	if got := string(buffer[:n]); err != nil || got != "hello in /\n" {
		t.Errorf("it says %q (%v), want %q", got, err, "hello in /\n")
	}
}

func TestSignalsReachTheProgram(t *testing.T) {
	connect, _ := serving(t)
	conn := connect()
	defer conn.Close()
	ours, theirs := pipe(t)
	signals := make(chan os.Signal, 1)
	go func() {
		_, _ = ours.Read(make([]byte, 1)) // it has set its trap; without one, the signal ends it too, and the status tells
		signals <- syscall.SIGUSR1
	}()
	request := Request{Argv: []string{"/bin/sh", "-c", `trap 'exit 9' USR1; echo; while :; do sleep 0.01; done`}, Env: os.Environ()}
	status, err := Run(conn, request, [3]*os.File{os.Stdin, theirs, os.Stderr}, signals)
	if err != nil || status != 9 {
		t.Errorf("status %d (%v), want 9", status, err)
	}
}

// Each program holds the write end of a pipe; when the last holder has gone, reading it ends.
func TestAProgramEndsWithWhoeverAskedForItAndWithTheServer(t *testing.T) {
	deaf := Request{Argv: []string{"/bin/sh", "-c", `trap '' HUP TERM; echo; while :; do sleep 0.01; done`}, Env: os.Environ()}
	for _, tc := range []struct {
		name string
		end  func(conn *net.UnixConn, stop context.CancelFunc) error
	}{
		{"whoever asked hangs up, and the program is deaf to that", func(conn *net.UnixConn, _ context.CancelFunc) error { return conn.Close() }},
		{"the server stops", func(_ *net.UnixConn, stop context.CancelFunc) error { stop(); return nil }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			connect, stop := serving(t)
			conn := connect()
			defer conn.Close()
			ours, theirs := pipe(t)
			ran := make(chan error, 1)
			go func() {
				_, err := Run(conn, deaf, [3]*os.File{os.Stdin, theirs, os.Stderr}, nil)
				ran <- errors.Join(err, theirs.Close())
			}()
			firstByte(t, ours)
			if err := tc.end(conn, stop); err != nil {
				t.Fatal(err)
			}
			t.Logf("ended by force, it says: %v", <-ran) // that it ended is what counts
			if n, err := ours.Read(make([]byte, 1)); err == nil {
				t.Errorf("%d bytes more from a program that should be dead", n)
			}
		})
	}
}

func TestNonsenseIsRefused(t *testing.T) {
	for _, tc := range []struct {
		name string
		say  func(conn *net.UnixConn) error
		want string
	}{
		{"no files", func(conn *net.UnixConn) error { return descriptor.Send(conn, []byte{greeting}) }, "0 files came, want 3"},
		{"too many files", func(conn *net.UnixConn) error {
			return descriptor.Send(conn, []byte{greeting}, os.Stdin, os.Stdin, os.Stdin, os.Stdin)
		}, "4 files came, want 3"},
		{"no request", func(conn *net.UnixConn) error {
			return errors.Join(descriptor.Send(conn, []byte("!nonsense"), os.Stdin, os.Stdin, os.Stdin), conn.CloseWrite())
		}, "reading what to run: invalid character"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			connect, _ := serving(t)
			conn := connect()
			defer conn.Close()
			if err := tc.say(conn); err != nil {
				t.Fatal(err)
			}
			buffer := make([]byte, 1000)
			n, err := conn.Read(buffer)
			if got := string(buffer[:n]); err != nil || !strings.Contains(got, tc.want) {
				t.Errorf("the answer is %q (%v), want %q in it", got, err, tc.want)
			}
		})
	}
}
