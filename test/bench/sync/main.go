package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

func main() {
	o, err := parseOptions(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err == nil {
		err = enter()
	}
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		err = run(ctx, o, os.Stdout, os.Stderr)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-sync:", err)
		os.Exit(1)
	}
}

// enter moves this process into the lab. Nothing here asks a ClusterIP, and a proxy that programs ten thousand of them would take the
// processor time that is to be measured.
func enter() error {
	if err := os.Setenv("LAB_TRAFFIC", "none"); err != nil {
		return err
	}
	_, err := lab.Enter()
	return err
}

// run measures every data set, each on clusters of its own, and prints the figures to out and what it is doing to progress.
func run(ctx context.Context, o options, out, progress io.Writer) error {
	var all []figures
	for _, s := range o.sizes {
		f, err := measure(ctx, s, o, progress)
		if err != nil {
			return fmt.Errorf("measuring %d members of %d exports: %w", s.Members, s.Exports, err)
		}
		f.print(out)
		all = append(all, f)
	}
	if o.json == "" {
		return nil
	}
	content, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(o.json, append(content, '\n'), 0o644)
}
