// Package apiserver starts real API servers for the tests below controller: etcd and kube-apiserver from the lab's one binary,
// without controllers, nodes or networks, which is what test/lab is for. Only tests import it.
package apiserver

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

// The processes of a Server.
const (
	API  = "kube-apiserver"
	Etcd = "etcd"
)

// Server is a running API server with its own etcd.
type Server struct {
	// Config is an administrator's.
	Config *rest.Config

	env       *envtest.Environment
	scripts   string
	restarted []*exec.Cmd
}

// patience is how long a process may take to start or to end. It takes seconds; a machine that compiles at the same time needs more.
const patience = 3 * time.Minute

// DualStack is an argument of [Start] with which Services have addresses of both IP families.
const DualStack = "service-cluster-ip-range=10.0.0.0/24,fd00:10::/108"

// Start starts a Server, whose API server is given some arguments, "name=value", beside the usual ones. It returns an error that says
// what to run if the lab's binary was not built.
func Start(arguments ...string) (*Server, error) {
	scripts, err := writeScripts()
	if err != nil {
		return nil, err
	}
	s := &Server{scripts: scripts, env: &envtest.Environment{BinaryAssetsDirectory: scripts, ControlPlaneStartTimeout: patience, ControlPlaneStopTimeout: patience}}
	for _, argument := range arguments {
		name, value, _ := strings.Cut(argument, "=")
		s.env.ControlPlane.GetAPIServer().Configure().Set(name, value)
	}
	if s.Config, err = s.env.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting an API server: %w", err), os.RemoveAll(scripts))
	}
	s.Config.QPS = -1
	return s, nil
}

// Stop ends everything. Nothing that the processes have is needed any more, so they are killed: an API server that ends by itself
// waits for its clients.
func (s *Server) Stop() error {
	var err error
	for _, name := range []string{API, Etcd} {
		if _, missing := os.Stat(s.pidFile(name)); missing == nil {
			err = errors.Join(err, s.Crash(name))
		}
	}
	stopped := s.env.Stop()
	if errors.Is(stopped, syscall.ESRCH) {
		stopped = nil // envtest had yet to notice that a process is gone, and sent it a signal
	}
	return errors.Join(err, stopped, os.RemoveAll(s.scripts))
}

// pidFile is where a process has noted its id. It is there while the process runs.
func (s *Server) pidFile(name string) string { return filepath.Join(s.scripts, name+".pid") }

// writeScripts returns a directory with the programs that envtest starts: the lab's binary under its names. Each notes how it was
// started.
func writeScripts() (string, error) {
	binary, err := findBinary()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "apiserver-")
	if err != nil {
		return "", err
	}
	for _, name := range []string{API, Etcd, "kubectl"} {
		script := fmt.Sprintf("#!/bin/sh\necho $$ >$0.pid\nprintf '%%s\\n' \"$@\" >$0.args\nexec %q %s \"$@\"\n", binary, name)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// findBinary returns the lab's binary, which lies at bin/k8s of the module that the working directory is in.
func findBinary() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("looking for the lab's binary: the working directory is in no module")
		}
		dir = parent
	}
	binary := filepath.Join(dir, "bin", "k8s")
	if _, err := os.Stat(binary); err != nil {
		return "", fmt.Errorf("looking for the lab's binary, which make lab builds: %w", err)
	}
	return binary, nil
}

// Crash kills one of the processes and returns when it is gone.
func (s *Server) Crash(name string) error {
	content, err := os.ReadFile(s.pidFile(name))
	if err != nil {
		return fmt.Errorf("killing %s, which does not run: %w", name, err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		return fmt.Errorf("reading the process id of %s: %w", name, err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		return fmt.Errorf("killing %s: %w", name, err)
	}
	if err := os.Remove(s.pidFile(name)); err != nil {
		return err
	}
	for _, process := range s.restarted {
		if process.Process.Pid == pid {
			_ = process.Wait() // it was killed, which is no news
		}
	}
	if !becomes(func() bool { return syscall.Kill(pid, 0) != nil }) {
		return fmt.Errorf("killing %s: process %d does not go away", name, pid)
	}
	return nil
}

// becomes waits until a condition holds, and reports whether it does before patience ends.
func becomes(condition func() bool) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); <-time.After(10 * time.Millisecond) {
		if condition() {
			return true
		}
	}
	return false
}

// Restart starts a process again as it was started first, after a Crash. It returns when etcd takes connections, without which an API
// server gives up, and when an API server has begun.
func (s *Server) Restart(name string) error {
	arguments, err := s.arguments(name)
	if err != nil {
		return err
	}
	process := exec.Command(filepath.Join(s.scripts, name), arguments...)
	if err := process.Start(); err != nil {
		return fmt.Errorf("starting %s again: %w", name, err)
	}
	s.restarted = append(s.restarted, process)
	if !becomes(func() bool { _, err := os.Stat(s.pidFile(name)); return err == nil && (name == API || s.listens()) }) {
		return fmt.Errorf("starting %s again: it does not begin", name)
	}
	return nil
}

// listens reports whether etcd takes connections.
func (s *Server) listens() bool {
	connection, err := net.Dial("tcp", s.env.ControlPlane.Etcd.URL.Host)
	return err == nil && connection.Close() == nil
}

// Store returns the directory of etcd's data.
func (s *Server) Store() (string, error) {
	arguments, err := s.arguments(Etcd)
	if err != nil {
		return "", err
	}
	for _, argument := range arguments {
		if dir, found := strings.CutPrefix(argument, "--data-dir="); found {
			return dir, nil
		}
	}
	return "", fmt.Errorf("looking for etcd's data: it was started with %q", arguments)
}

func (s *Server) arguments(name string) ([]string, error) {
	content, err := os.ReadFile(filepath.Join(s.scripts, name+".args"))
	if err != nil {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(string(content), "\n"), "\n"), nil
}
