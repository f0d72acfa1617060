package demo

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

// build builds the programs the demo runs, with a line for each. What is current takes a moment; the first build of the
// Kubernetes programs takes minutes.
func build(ctx context.Context, out io.Writer) error {
	root, err := lab.ModuleRoot()
	if err != nil {
		return err
	}
	steps := []struct {
		what string
		argv []string
	}{
		{"coredns with multicluster", []string{"go", "build", "-trimpath", "-ldflags", "-s -w", "-o", "bin/coredns", "./cmd/coredns"}},
		{"mcs-controller", []string{"go", "build", "-trimpath", "-ldflags", "-s -w", "-o", "bin/mcs-controller", "./cmd/mcs-controller"}},
		{"Kubernetes " + lab.KubernetesVersion() + " for the lab (minutes, once)", []string{"sh", "test/lab/build.sh", "bin/k8s"}},
	}
	for _, step := range steps {
		begun := time.Now()
		stop := tick(out, step.what, begun)
		command := exec.CommandContext(ctx, step.argv[0], step.argv[1:]...)
		command.Dir = root
		command.Env = append(os.Environ(), "GOWORK=off")
		output, err := command.CombinedOutput()
		stop()
		if err != nil {
			fmt.Fprintf(out, " %-8s %-58s FAILED after %.0fs\n", "build", step.what, time.Since(begun).Seconds())
			return fmt.Errorf("building %s: %w\n%s", step.what, err, tail(string(output), 20))
		}
		fmt.Fprintf(out, " %-8s %-58s %6.1fs\n", "build", step.what, time.Since(begun).Seconds())
	}
	return nil
}

// tick counts the seconds of a step: on a terminal in place, elsewhere a line a minute so that a log shows it lives. The
// function it returns ends it.
func tick(out io.Writer, what string, begun time.Time) (stop func()) {
	every, line := time.Minute, " %-8s %-58s %6.0fs ...\n"
	if isTerminal(out) {
		every, line = time.Second, "\r %-8s %-58s %6.0fs "
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				if isTerminal(out) {
					fmt.Fprint(out, "\r")
				}
				return
			case <-ticker.C:
				fmt.Fprintf(out, line, "build", what, time.Since(begun).Seconds())
			}
		}
	}()
	return func() { close(done); <-ended }
}

// tail is the last n lines of text.
func tail(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// selfCommand is how the person who started the demo calls this program.
func selfCommand() string {
	path, err := os.Executable()
	if err != nil {
		return "mcsctl"
	}
	if wd, err := os.Getwd(); err == nil {
		if relative, err := filepath.Rel(wd, path); err == nil && !strings.HasPrefix(relative, "..") {
			return relative
		}
	}
	return path
}
