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
	root, err := lab.SourceTree()
	if err != nil {
		return fmt.Errorf("building what the demo runs: %w", err)
	}
	compile := func(name string) func(context.Context) error {
		return func(ctx context.Context) error {
			command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", "bin/"+name, "./cmd/"+name)
			command.Dir = root
			command.Env = lab.CompilerEnvironment()
			if output, err := command.CombinedOutput(); err != nil {
				return fmt.Errorf("%w\n%s", err, tail(string(output), 20))
			}
			return nil
		}
	}
	steps := []struct {
		what string
		run  func(context.Context) error
	}{
		{"coredns with multicluster", compile("coredns")},
		{"mcs-controller", compile("mcs-controller")},
		{"Kubernetes for the lab (minutes the first time)", func(ctx context.Context) error { _, err := lab.Build(ctx, nil); return err }},
	}
	for _, step := range steps {
		begun := time.Now()
		stop := tick(out, step.what, begun)
		err := step.run(ctx)
		stop()
		if err != nil {
			return fmt.Errorf("building %s: %w", step.what, err)
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
