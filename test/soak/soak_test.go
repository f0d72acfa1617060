package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

func TestMain(m *testing.M) { os.Exit(enterAndTest(m)) }

func enterAndTest(m *testing.M) int {
	flag.Parse()
	if !testing.Short() {
		if _, err := lab.Enter(); err != nil {
			fmt.Fprintln(os.Stderr, "soak:", err)
			return 1
		}
	}
	return m.Run()
}

// TestSoak is a short soak, under a new seed each time: what it says on failure is how to do it again.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test starts control planes")
	}
	const lasts = 40 * time.Second
	ctx, cancel := context.WithTimeout(t.Context(), lasts+4*time.Minute) // the bound is for what hangs, on a machine that is busy
	defer cancel()
	var log strings.Builder
	seed := uint64(time.Now().UnixNano())
	if err := run(ctx, lasts, seed, &log); err != nil {
		t.Fatalf("%v\n%s\nagain with: go run ./test/soak -for %s -seed %d", err, log.String(), lasts, seed)
	}
	t.Log(log.String())
}
