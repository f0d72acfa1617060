package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/session"
)

// sessions are the programs that other processes run in the lab.
type sessions struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// openSessions lets [Running.Exec] of the same user in.
func (l *Lab) openSessions() error {
	dir, err := l.home.path(socketDir)
	if err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("listening for other processes: %w", err)
	}
	var listener *net.UnixListener
	err = inShort(dir, func(short string) error {
		address := &net.UnixAddr{Net: "unix", Name: filepath.Join(short, socketName)}
		listener, err = net.ListenUnix("unix", address)
		return err
	})
	if err != nil {
		return fmt.Errorf("listening for other processes: %w", err)
	}
	listener.SetUnlinkOnClose(false) // its short name means nothing by then; the directory goes as a whole
	ctx, cancel := context.WithCancel(context.Background())
	l.sessions = sessions{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(l.sessions.done)
		session.Serve(ctx, listener, l.startSession)
	}()
	return nil
}

func (s *sessions) close() {
	if s.cancel == nil {
		return
	}
	s.cancel()
	<-s.done
}

// startSession starts a program in a session of its own: a terminal that is not its controlling terminal never stops it
// for being in the background.
func (l *Lab) startSession(r session.Request, stdio [3]*os.File) (*exec.Cmd, error) {
	c := l.Cluster(r.Cluster)
	if c == nil {
		return nil, fmt.Errorf("running %q: there is no cluster %q", r.Argv, r.Cluster)
	}
	if len(r.Argv) == 0 {
		return nil, errors.New("running a program: none is named")
	}
	environment := c.environment(r.Env)
	program, err := findProgram(r.Argv[0], r.Dir, environment)
	if err != nil {
		return nil, err
	}
	command := &exec.Cmd{Path: program, Args: r.Argv, Env: environment, Dir: r.Dir}
	command.Stdin, command.Stdout, command.Stderr = stdio[0], stdio[1], stdio[2]
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	if err := c.space.Spawn(command.Start); err != nil {
		return nil, fmt.Errorf("running %q in cluster %q: %w", r.Argv[0], r.Cluster, err)
	}
	return command, nil
}

// Exec runs a program in the network of one of the lab's clusters, with our standard files, environment and working
// directory, and with KUBECONFIG and kubectl of that cluster. Signals to us go to it. The error is an [*ExitError] when
// it ran and ended with a status other than 0.
func (r *Running) Exec(cluster string, argv ...string) error {
	dir, err := os.Getwd()
	if err != nil {
		dir = "/"
	}
	var conn *net.UnixConn
	err = inShort(filepath.Join(r.Dir, socketDir), func(short string) error {
		conn, err = net.DialUnix("unix", nil, &net.UnixAddr{Net: "unix", Name: filepath.Join(short, socketName)})
		return err
	})
	if err != nil {
		return fmt.Errorf("connecting to the lab: %w", err)
	}
	defer conn.Close()
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, append(forwarded, syscall.SIGWINCH)...)
	defer signal.Stop(signals)
	request := session.Request{Cluster: cluster, Argv: argv, Env: os.Environ(), Dir: dir}
	status, err := session.Run(conn, request, [3]*os.File{os.Stdin, os.Stdout, os.Stderr}, signals)
	if err == nil && status != 0 {
		err = &ExitError{Status: status}
	}
	return err
}

// inShort calls f with a short path of a directory, because the path of a socket must fit into 108 bytes.
func inShort(dir string, f func(short string) error) error {
	file, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer file.Close()
	return f(fmt.Sprintf("/proc/self/fd/%d", file.Fd()))
}
