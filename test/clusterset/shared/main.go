package shared

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

// patience is how long a clusterset may take to come up; it takes some ten seconds.
const patience = 8 * time.Minute

// Main is the TestMain of a package, called by its name: it starts the clusterset that configure wants on this machine, hands it to ready, runs the tests,
// ends the clusterset, and returns the status to exit with. The clusterset is in a directory of its own, the parent of its lab's, in
// which ready may put files of its own. Under -short there is no clusterset and no test. It is to be called once, before anything else.
func Main(m *testing.M, name string, configure func(lab.Isolation) clusterset.Config, ready func(*clusterset.Clusterset) error) int {
	flag.Parse()
	if testing.Short() {
		fmt.Fprintln(os.Stderr, name+": left out under -short: the tests start control planes")
		return 0
	}
	code, err := run(m, name, configure, ready)
	if err != nil {
		fmt.Fprintln(os.Stderr, name+":", err)
		return 1
	}
	return code
}

func run(m *testing.M, name string, configure func(lab.Isolation) clusterset.Config, ready func(*clusterset.Clusterset) error) (code int, err error) {
	isolation, err := lab.Enter()
	if err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", name+"-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	config := configure(isolation)
	config.Dir = filepath.Join(dir, "lab")
	config.Progress = func(step, detail string, took time.Duration) {
		fmt.Fprintf(os.Stdout, "%-8s %s %.1fs\n", step, detail, took.Seconds())
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	set, err := clusterset.Start(ctx, config)
	if err != nil {
		return 0, err
	}
	defer func() {
		if stopErr := set.Stop(); err == nil {
			err = stopErr
		}
	}()
	if err := ready(set); err != nil {
		return 0, err
	}
	return m.Run(), nil
}
