package e2e

import (
	"os"
	"testing"

	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset/shared"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

// set is the clusterset that all tests share; each test has namespaces of its own in it, and repairs what it breaks.
var set *clusterset.Clusterset

func TestMain(m *testing.M) {
	members := func(isolation lab.Isolation) clusterset.Config {
		return clusterset.Config{Members: []string{"east", "west"}, DualStack: isolation.IPv6}
	}
	os.Exit(shared.Main(m, "e2e", members, func(started *clusterset.Clusterset) error {
		set = started
		return set.NoteForm()
	}))
}
