package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/multicluster-dns/multicluster-dns/test/bench/dns/internal/load"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

func main() {
	o, err := parseOptions(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		os.Exit(2)
	}
	if err := enterAndRun(o); err != nil {
		fmt.Fprintln(os.Stderr, "bench-dns:", err)
		os.Exit(1)
	}
}

func enterAndRun(o options) error {
	programs, err := enter()
	if err != nil {
		return err
	}
	defer os.RemoveAll(programs)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, o, programs, os.Stdout, os.Stderr)
}

// programsVariable tells the process inside the lab's namespaces where the one outside, which has a network, built programs.
const programsVariable = "BENCH_DNS_PROGRAMS"

// enter builds the servers and enters the lab's namespaces. The directory it returns is to be removed.
func enter() (programs string, err error) {
	programs = os.Getenv(programsVariable)
	if programs == "" {
		if programs, err = os.MkdirTemp("", "bench-dns-programs-"); err != nil {
			return "", err
		}
		if err := buildServers(programs); err != nil {
			return "", errors.Join(err, os.RemoveAll(programs))
		}
		if err := os.Setenv(programsVariable, programs); err != nil {
			return "", err
		}
	}
	if _, err := lab.Enter(); err != nil {
		return "", errors.Join(err, os.RemoveAll(programs))
	}
	return programs, nil
}

const module = "github.com/multicluster-dns/multicluster-dns/"

// buildServers builds the servers from the source at hand, so that what is measured is what one reads.
func buildServers(dir string) error {
	command := exec.Command("go", "build", "-trimpath", "-o", dir+string(filepath.Separator), module+"cmd/coredns", module+"test/bench/dns/floor")
	command.Env = append(os.Environ(), "GOWORK=off")
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("building the servers: %w\n%s", err, said)
	}
	return nil
}

// run measures every data set and prints the tables to out; progress is told what goes on.
func run(ctx context.Context, o options, programs string, out, progress io.Writer) error {
	generator, err := load.New(o.generator)
	if err != nil {
		return err
	}
	r := newReport(o, generator.Name(), programs, time.Now())
	for _, shape := range o.data {
		set := &setReport{Name: shape.Name, Shape: shape.String()}
		r.Sets = append(r.Sets, set)
		b := &bench{options: o, generator: generator, programs: programs, progress: progress, shape: shape}
		if err = b.run(ctx, set); err != nil {
			err = fmt.Errorf("measuring data set %s: %w", shape.Name, err)
			break
		}
	}
	if o.handler && err == nil {
		r.Handler, err = benchmarkHandler(ctx)
	}
	r.finish(time.Now())
	return errors.Join(err, r.write(o.json, out)) // what was measured until then is worth having
}
