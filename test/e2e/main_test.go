package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

// set is the clusterset that all tests share; each test has namespaces of its own in it, and repairs what it breaks.
var set *clusterset.Clusterset

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	flag.Parse()
	if testing.Short() {
		fmt.Println("e2e: left out under -short: the tests start control planes")
		return 0
	}
	isolation, err := lab.Enter()
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	dir, err := os.MkdirTemp("", "e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	set, err = clusterset.Start(ctx, clusterset.Config{
		Dir:       dir + "/lab",
		Members:   []string{"east", "west"},
		DualStack: isolation.IPv6,
		Progress: func(step, detail string, took time.Duration) {
			fmt.Printf("%-8s %s %.1fs\n", step, detail, took.Seconds())
		},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	defer set.Stop()
	if err := tell(isolation, set.Lab.Traffic()); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	return m.Run()
}

// tell notes for `make test` which form of the lab the tests ran on, and what that made them leave out.
func tell(isolation lab.Isolation, traffic string) error {
	report := os.Getenv("LAB_REPORT")
	if report == "" {
		return nil
	}
	file, err := os.OpenFile(report, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("noting what is left out: %w", err)
	}
	defer file.Close()
	fmt.Fprintf(file, "%s; connections by %s\n", isolation.Mode, traffic)
	if reason, none := strings.CutPrefix(traffic, "none: "); none {
		fmt.Fprintf(file, "left out: connections to virtual addresses and pods: %s\n", reason)
	}
	if !isolation.IPv6 {
		fmt.Fprintln(file, "left out: IPv6: the lab's clusters have none on this machine")
	}
	return nil
}
