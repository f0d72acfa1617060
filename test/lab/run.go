package lab

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
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
	environment := append(c.environment(os.Environ()), env...)
	program, err := findProgram(argv[0], ".", environment)
	if err != nil {
		return nil, fmt.Errorf("starting %q in cluster %q: %w", name, c.Name(), err)
	}
	argv = append([]string{program}, argv[1:]...)
	process, err := startProcess(c.space, name, argv, environment, c.layout.file("log", name+".log"))
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
	environment := c.environment(os.Environ())
	program, err := findProgram(argv[0], ".", environment)
	if err != nil {
		return nil, fmt.Errorf("running a program in cluster %q: %w", c.Name(), err)
	}
	command := exec.CommandContext(ctx, program, argv[1:]...)
	command.Env = environment
	command.SysProcAttr = ownGroup()
	command.Cancel = func() error { return killGroup(command.Process) }
	command.WaitDelay = time.Second // its children may hold the pipes when it is killed
	var out, said bytes.Buffer
	command.Stdout, command.Stderr = &out, &said
	err = c.space.Spawn(command.Start)
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

// environment is what programs in the cluster start from: base, with the lab's kubectl first, and administrators'
// programs last, in PATH, and KUBECONFIG of this cluster.
func (c *Cluster) environment(base []string) []string {
	path := ""
	for _, variable := range base {
		if value, ok := strings.CutPrefix(variable, "PATH="); ok {
			path = value // the last one counts, as it does for a program
		}
	}
	return append(slices.Clip(base),
		"PATH="+filepath.Join(c.lab.home.dir, "bin")+":"+administratorPath(path),
		"KUBECONFIG="+c.AdminKubeconfig())
}

// findProgram finds a program as a shell with that environment would.
func findProgram(name, dir string, environment []string) (string, error) {
	if strings.Contains(name, "/") {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		return name, nil
	}
	for _, variable := range slices.Backward(environment) {
		path, ok := strings.CutPrefix(variable, "PATH=")
		if !ok {
			continue
		}
		for _, candidate := range filepath.SplitList(path) {
			file := filepath.Join(candidate, name)
			if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
				return file, nil
			}
		}
		break
	}
	return "", fmt.Errorf("finding %q: %w", name, exec.ErrNotFound)
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
