package scenarios

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

// set is the clusterset that all scenarios share.
var set *clusterset.Clusterset

// The members. The id of the last has two labels, as ids that name a region have.
func a() *clusterset.Member { return set.Member("a") }
func b() *clusterset.Member { return set.Member("b") }
func c() *clusterset.Member { return set.Member("c.reg1") }

// playedAtOnce is how many scenarios of a chapter play at the same time: they wait far more than they work.
const playedAtOnce = "6"

// staleAfter and forgetAfter are as short as two renewals of a Lease allow.
const (
	staleAfter  = 31 * time.Second
	forgetAfter = 50 * time.Second
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	flag.Parse()
	if testing.Short() {
		fmt.Fprintln(os.Stderr, "scenarios: left out under -short: the tests start control planes")
		return 0
	}
	if err := flag.Set("test.parallel", playedAtOnce); err != nil {
		fmt.Fprintln(os.Stderr, "scenarios:", err)
		return 1
	}
	isolation, err := lab.Enter()
	if err != nil {
		fmt.Fprintln(os.Stderr, "scenarios:", err)
		return 1
	}
	dir, err := os.MkdirTemp("", "scenarios-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "scenarios:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	set, err = clusterset.Start(ctx, clusterset.Config{
		Dir:       dir + "/lab",
		Members:   []string{"a", "b", "c.reg1"},
		DualStack: isolation.IPv6,
		ControllerFlags: []string{
			"--stale-after=" + staleAfter.String(), "--forget-after=" + forgetAfter.String(), "--service-grace=" + serviceGrace.String(),
		},
		Progress: clusterset.PrintProgress(os.Stdout),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "scenarios:", err)
		return 1
	}
	defer func() {
		if err := set.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "scenarios:", err)
			code = 1
		}
	}()
	code = m.Run()
	results.print(os.Stdout)
	return code
}
