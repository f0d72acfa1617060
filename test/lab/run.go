package lab

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// logName is what may name a process and thereby its log.
var logName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// Run starts a program in the cluster's network, with the environment of this process and env on top, and its output in
// log/NAME.log below [Cluster.Dir]. It runs until it ends, is stopped, or the cluster is killed or the lab stopped; ctx
// bounds the start only. KUBECONFIG is the cluster's own unless env says otherwise.
func (c *Cluster) Run(ctx context.Context, name string, argv []string, env ...string) (*Process, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("starting %q in cluster %q: %w", name, c.Name(), err)
	}
	if !logName.MatchString(name) {
		return nil, fmt.Errorf("starting %q in cluster %q: the name is to be a file's", name, c.Name())
	}
	if len(argv) == 0 {
		return nil, fmt.Errorf("starting %q in cluster %q: no program is named", name, c.Name())
	}
	process, err := startProcess(c.space, name, argv, c.environment(env), c.layout.file("log", name+".log"))
	if err != nil {
		return nil, fmt.Errorf("cluster %q: %w", c.Name(), err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	running := c.processes[:0]
	for _, p := range c.processes {
		select {
		case <-p.Done():
		default:
			running = append(running, p)
		}
	}
	c.processes = append(running, process)
	return process, nil
}

// Exec runs a program in the cluster's network to its end and returns its standard output. The error of one that fails
// has the end of what it said on standard error. When ctx ends first, it is killed.
func (c *Cluster) Exec(ctx context.Context, argv ...string) ([]byte, error) {
	if len(argv) == 0 {
		return nil, fmt.Errorf("running a program in cluster %q: none is named", c.Name())
	}
	command := exec.CommandContext(ctx, argv[0], argv[1:]...)
	command.Env = c.environment(nil)
	command.SysProcAttr = ownGroup()
	command.WaitDelay = time.Second // its children may hold the pipes when it is killed
	var out, said bytes.Buffer
	command.Stdout, command.Stderr = &out, &said
	err := c.space.Spawn(command.Start)
	if err == nil {
		err = command.Wait()
	}
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		const lastWords = 2000
		words := strings.TrimSpace(said.String())
		return out.Bytes(), fmt.Errorf("running %q in cluster %q: %w: %s", argv[0], c.Name(), err, words[max(0, len(words)-lastWords):])
	}
	return out.Bytes(), nil
}

// environment is ours, with kubectl and the cluster it talks to, and then what the caller wants.
func (c *Cluster) environment(extra []string) []string {
	environment := append(os.Environ(),
		"PATH="+filepath.Join(c.lab.home.dir, "bin")+":"+administratorPath(os.Getenv("PATH")),
		"KUBECONFIG="+c.AdminKubeconfig())
	return append(environment, extra...)
}

// writeKubectl puts a kubectl of the lab's own version where programs in the lab find it first.
func (l *Lab) writeKubectl() error {
	dir, err := l.home.path("bin")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("writing kubectl: %w", err)
	}
	quoted := "'" + strings.ReplaceAll(l.config.Binary, "'", `'\''`) + "'"
	script := "#!/bin/sh\nexec " + quoted + " kubectl \"$@\"\n"
	if err := os.WriteFile(filepath.Join(dir, "kubectl"), []byte(script), 0o700); err != nil {
		return fmt.Errorf("writing kubectl: %w", err)
	}
	return nil
}
