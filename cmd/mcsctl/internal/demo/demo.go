package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

// maxClusters bounds a demo on one machine: each member is three processes of Kubernetes and two of ours.
const maxClusters = 8

// options are the flags of `mcsctl demo`.
type options struct {
	clusters int
	dir      string
	stay     time.Duration
}

// Command is `mcsctl demo` and what belongs to it.
func Command() *cobra.Command {
	o := options{clusters: 2, dir: ".demo", stay: time.Hour}
	command := &cobra.Command{
		Use:   "demo",
		Short: "Start a clusterset of real control planes on this machine and show a service resolved across it",
		Long: `Starts real Kubernetes control planes for the members of a clusterset and its hub on this machine, without containers
and without root, puts mcs-controller and CoreDNS into each member, and shows a Service exported from one cluster and
resolved in the others. Every step is checked.

On a terminal the clusterset then stays up to be tried out, until q, Ctrl-C or the time limit. Elsewhere the demo ends
with its verdict: exit status 0 when every check passed, 1 when one did not.`,
		Example: `  mcsctl demo
  mcsctl demo --clusters 3
  mcsctl demo exec west -- dig +short checkout.shop.svc.clusterset.local`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return run(command.Context(), o) },
	}
	command.Flags().IntVar(&o.clusters, "clusters", o.clusters, fmt.Sprintf("members of the clusterset, 2 to %d", maxClusters))
	command.PersistentFlags().StringVar(&o.dir, "dir", o.dir, "where state, logs and kubeconfigs go; removed at the end")
	command.Flags().DurationVar(&o.stay, "stay", o.stay, "how long to stay up on a terminal")
	command.AddCommand(buildCommand(), execCommand(&o), envCommand(&o), breakCommand(&o), insideCommand())
	return command
}

// names are the members' ids, the exporter first.
func names(n int) []string {
	ids := []string{"east", "west", "north", "south"}
	for i := len(ids); i < n; i++ {
		ids = append(ids, "c"+strconv.Itoa(i+1))
	}
	return ids[:n]
}

func run(ctx context.Context, o options) (err error) {
	if o.clusters < 2 || o.clusters > maxClusters {
		return fmt.Errorf("--clusters=%d: a demo has 2 to %d members", o.clusters, maxClusters)
	}
	dir, err := filepath.Abs(o.dir)
	if err != nil {
		return err
	}
	if !lab.Inside() {
		// Programs are built before the lab's namespaces are entered: inside there is no way to the module proxy.
		if err := build(ctx, os.Stdout); err != nil {
			return err
		}
	}
	isolation, err := lab.Enter()
	if err != nil {
		return err
	}
	s := &screen{out: os.Stdout, begun: time.Now()}
	s.say("clusterset demo: %d clusters and a hub, real Kubernetes control planes, no containers, no root", o.clusters)
	if !isolation.Namespaces() {
		s.say("note: %s: %s", isolation.Mode, isolation.Why)
	}
	set, err := clusterset.Start(ctx, clusterset.Config{Dir: dir, Members: names(o.clusters), Outside: true, Progress: s.setUp})
	if err != nil {
		s.fail("start", err, "")
		return ErrShown
	}
	defer func() {
		if stopped := set.Stop(); stopped != nil {
			s.fail("stop", stopped, "")
			err = cmp.Or(err, ErrShown)
		}
	}()

	told := &story{screen: s, set: set, east: set.Members[0], members: append(append([]*clusterset.Member{}, set.Members[1:]...), set.Members[0])}
	if err := told.tell(ctx); err != nil {
		if errors.Is(err, context.Canceled) {
			return ErrShown
		}
		s.fail(told.step, err, told.log)
		return ErrShown
	}
	s.say("%s", s.verdict())
	if !term.IsTerminal(int(os.Stdin.Fd())) || !term.IsTerminal(int(os.Stdout.Fd())) {
		return nil
	}
	// Left as the story found it, a service to look at is worth more than an empty clusterset.
	if err := annotate(ctx, told.east.Client, "shop", "checkout", new("true")); err != nil {
		return err
	}
	return stay(ctx, s, set, o, dir)
}

// buildCommand is `mcsctl demo build`: what the demo would build first, and nothing more.
func buildCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "build",
		Short: "Build what the demo and the tests run, where it is missing or old",
		Args:  cobra.NoArgs,
		RunE:  func(command *cobra.Command, _ []string) error { return build(command.Context(), command.OutOrStdout()) },
	}
}
