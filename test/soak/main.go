package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

func main() {
	lasts := flag.Duration("for", 15*time.Minute, "how long to go on; the quiet point that is begun is finished")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "what the script follows from; the time if not given")
	flag.Parse()
	if err := start(*lasts, *seed, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "soak: %v\nsoak: again with: go run ./test/soak -for %s -seed %d\n", err, *lasts, *seed)
		os.Exit(1)
	}
}

// start enters the lab, which is a property of the process, and runs one soak.
func start(lasts time.Duration, seed uint64, log io.Writer) error {
	if lasts <= 0 {
		return fmt.Errorf("-for=%s: it must be longer than nothing", lasts)
	}
	if _, err := lab.Enter(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, lasts, seed, log)
}

// run starts a clusterset, soaks it and ends it.
func run(ctx context.Context, lasts time.Duration, seed uint64, log io.Writer) (err error) {
	fmt.Fprintf(log, "soak: seed %d, for %s\n", seed, lasts)
	dir, err := os.MkdirTemp("", "soak-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	set, err := clusterset.Start(ctx, clusterset.Config{
		Dir:             filepath.Join(dir, "lab"),
		Members:         []string{"east", "north", "west"},
		ControllerFlags: []string{"--service-grace=" + grace.String()},
	})
	if err != nil {
		return err
	}
	defer func() {
		if stopErr := set.Stop(); err == nil {
			err = stopErr
		}
	}()
	s, err := newSoak(set, seed, log)
	if err != nil {
		return err
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	if err := s.run(ctx, lasts); err != nil {
		return err
	}
	fmt.Fprintf(log, "soak: PASS, seed %d: %s\n", seed, s.summary())
	return nil
}
