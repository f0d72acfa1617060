package why

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset/shared"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

// set is the clusterset that all rows share: east exports, west asks, and north is the one that fails.
var set *clusterset.Clusterset

func east() *clusterset.Member  { return set.Member("east") }
func west() *clusterset.Member  { return set.Member("west") }
func north() *clusterset.Member { return set.Member("north") }

// kubeconfig leads to all clusters, and program is the command line that was built.
var kubeconfig, program string

// atOnce is how many rows are broken at the same time: they wait far more than they work.
const atOnce = "5"

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", atOnce); err != nil {
		fmt.Fprintln(os.Stderr, "why:", err)
		os.Exit(1)
	}
	members := func(lab.Isolation) clusterset.Config {
		return clusterset.Config{Members: []string{"east", "west", "north"}}
	}
	code := shared.Main(m, "why", members, ready)
	results.print(os.Stdout)
	os.Exit(code)
}

func ready(started *clusterset.Clusterset) error {
	set = started
	program = filepath.Join(filepath.Dir(lab.DefaultBinary()), "mcsctl")
	if _, err := os.Stat(program); err != nil {
		return fmt.Errorf("the command line is not built: run make build: %w", err)
	}
	kubeconfig = filepath.Join(filepath.Dir(set.Lab.Dir()), "kubeconfig")
	return set.WriteKubeconfig(kubeconfig, "west")
}
