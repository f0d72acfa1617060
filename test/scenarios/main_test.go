package scenarios

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset/shared"
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

// staleAfter is as short as two renewals of a Lease allow, and forgetAfter leaves time to look at every member in between, one after the
// other, on a machine that is busy.
const (
	staleAfter  = 31 * time.Second
	forgetAfter = 80 * time.Second
)

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", playedAtOnce); err != nil {
		fmt.Fprintln(os.Stderr, "scenarios:", err)
		os.Exit(1)
	}
	members := func(isolation lab.Isolation) clusterset.Config {
		return clusterset.Config{
			Members:   []string{"a", "b", "c.reg1"},
			DualStack: isolation.IPv6,
			ControllerFlags: []string{
				"--stale-after=" + staleAfter.String(), "--forget-after=" + forgetAfter.String(), "--service-grace=" + serviceGrace.String(),
			},
		}
	}
	code := shared.Main(m, "scenarios", members, func(started *clusterset.Clusterset) error {
		set = started
		return nil
	})
	if !testing.Short() {
		results.print(os.Stdout)
	}
	os.Exit(code)
}
