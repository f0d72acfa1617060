package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Running is a lab that another process runs, as one finds it by its directory. See [Find].
type Running struct {
	// Dir is the directory of all its files.
	Dir string `json:"-"`
	// Binary is its multi-call binary; its first argument names the program, "kubectl" for one.
	Binary string `json:"binary"`
	// Kubeconfig has a context for each cluster, reachable from outside; empty if the lab has no doors.
	Kubeconfig string `json:"kubeconfig,omitempty"`
	// Clusters are the names of its clusters.
	Clusters []string `json:"clusters"`
	// Traffic is what [Lab.Traffic] says.
	Traffic string `json:"traffic"`
}

// ExitError is how a program ended that ran but not well.
type ExitError struct {
	// Status is its exit status: 128 and more for one that a signal ended.
	Status int
}

// Error says the status.
func (e *ExitError) Error() string { return fmt.Sprintf("exit status %d", e.Status) }

const (
	runningName = "lab.json"
	socketDir   = "run" // for its owner only, whatever the lab's directory allows
	socketName  = "exec.sock"
)

// ErrNotRunning is wrapped by the error of [Find] when no lab runs in a directory.
var ErrNotRunning = errors.New("no lab is running there")

// Find finds the lab that runs in a directory. A lab is found when its start is complete.
func Find(dir string) (*Running, error) {
	content, err := os.ReadFile(filepath.Join(dir, runningName))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("looking for a lab in %q: %w", dir, ErrNotRunning)
	case err != nil:
		return nil, fmt.Errorf("looking for a lab: %w", err)
	}
	if !alive(dir) { // killed, so that nobody removed the file
		return nil, fmt.Errorf("looking for a lab in %q: %w", dir, ErrNotRunning)
	}
	running := &Running{Dir: dir}
	if err := json.Unmarshal(content, running); err != nil {
		return nil, fmt.Errorf("reading %q: %w", filepath.Join(dir, runningName), err)
	}
	return running, nil
}

// alive is whether somebody holds the lock of a lab's directory.
func alive(dir string) bool {
	file, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer file.Close()
	return lock(file) != nil
}

// announce makes the lab one that Find finds.
func (l *Lab) announce() error {
	path, err := l.home.path(runningName)
	if err != nil {
		return err
	}
	running := Running{Binary: l.config.Binary, Kubeconfig: l.OutsideKubeconfig(), Traffic: l.Traffic()}
	for _, c := range l.clusters {
		running.Clusters = append(running.Clusters, c.Name())
	}
	content, err := json.MarshalIndent(running, "", "  ")
	if err != nil {
		return fmt.Errorf("announcing the lab: %w", err)
	}
	// Under its name only when it is whole.
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		return fmt.Errorf("announcing the lab: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("announcing the lab: %w", err)
	}
	return nil
}
