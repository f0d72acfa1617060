package join

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// leaveOptions are what the flags of leave say.
type leaveOptions struct {
	kube.Flags
	context string
	id      string
	gone    bool
	force   bool
	crds    bool
	ownDNS  bool
	wait    time.Duration
	dryRun  bool
}

// LeaveCommand is `mcsctl leave`.
func LeaveCommand() *cobra.Command {
	var o leaveOptions
	command := &cobra.Command{
		Use:   "leave",
		Short: "Take a cluster out of its clusterset and remove everything of ours from it",
		Long: `Take a cluster out of its clusterset and remove everything of ours from it.

First its registration goes, so that other members drop its endpoints; those whose contexts are at hand are waited for. Then what runs in
the cluster is removed, with the block in its Corefile, its place on the hub with its credential, and what was imported. The
definitions of the Multi-Cluster Services API stay, with ServiceExports written by hand, unless --crds is given and nobody's are left.
Where the cluster's only DNS server is that of mcsctl join --dns=own, nothing is removed unless --own-dns says that it may go too.
Running it again finishes what failed.`,
		Example: `  mcsctl leave --context west --hub east
  mcsctl leave --context west --hub east --crds
  mcsctl leave --context west --force              # the hub is gone
  mcsctl leave --cluster-id west --gone --hub east # the cluster is gone`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), screen.New(cmd)) },
	}
	o.Register(command)
	flags := command.Flags()
	flags.StringVar(&o.context, "context", "", "context of the cluster that leaves; empty is the current one")
	flags.StringVar(&o.id, "cluster-id", "", "its cluster id; empty takes what the cluster states of itself")
	flags.BoolVar(&o.gone, "gone", false, "the cluster itself is gone: remove what the hub has of --cluster-id")
	flags.BoolVar(&o.force, "force", false, "the hub is gone or out of reach: remove what is in the cluster, and say what would stay on the hub")
	flags.BoolVar(&o.crds, "crds", false, "remove the definitions of the Multi-Cluster Services API too, if no object of them is left")
	flags.BoolVar(&o.ownDNS, "own-dns", false, "remove the cluster's only DNS server too, that of mcsctl join --dns=own: no pod resolves a name then")
	flags.DurationVar(&o.wait, "wait", time.Minute, "how long to wait for other members to drop its endpoints, and for its own to be removed")
	flags.BoolVar(&o.dryRun, "dry-run", false, "write nothing: show what would be removed")
	screen.RegisterOutput(command, screen.JSON, screen.YAML)
	if err := command.RegisterFlagCompletionFunc("context", o.CompleteContexts); err != nil {
		panic(fmt.Sprintf("completing --context: %v", err)) // the flag is defined above
	}
	return command
}

func (o *leaveOptions) validate() error {
	switch {
	case o.gone && o.force:
		return exit.Usage("--gone is for a cluster that is gone and --force for a hub that is: there would be nothing left to remove")
	case o.gone && (o.id == "" || o.context != ""):
		return exit.Usage("--gone needs --cluster-id, and no --context: there is no cluster to reach")
	case o.wait < 0:
		return exit.Usage("--wait is %v: it must not be negative", o.wait)
	}
	if o.id != "" {
		if _, err := mcs.ParseClusterID(o.id); err != nil {
			return exit.Usage("%w", err)
		}
	}
	return nil
}

// run finds out who leaves, and has it leave.
func (o *leaveOptions) run(ctx context.Context, s *screen.Screen) error {
	if err := o.validate(); err != nil {
		return err
	}
	config, err := o.Load()
	if err != nil {
		return err
	}
	l := &leaving{options: o, screen: s, id: o.id, registry: config.ClustersetNamespace()}
	if !o.gone {
		if l.member, err = config.Cluster(o.context); err != nil {
			return exit.Usage("%w", err)
		}
	}
	if !o.force {
		if l.set, err = config.Clusterset(ctx); errors.Is(err, kube.ErrNoHub) {
			return exit.Problem(fmt.Errorf("%w; if the hub is gone for good, add --force", err))
		} else if err != nil {
			return fmt.Errorf("%w; if the hub is gone for good, add --force", err)
		}
	}
	if err := l.identify(ctx); err != nil {
		return err
	}
	s.Note("%s leaves: context %s, hub %s, registry in namespace %s", l.id, contextOf(l.member), contextOf(l.hub()), l.registry)
	if l.dns, err = l.onlyDNS(ctx); err != nil {
		return err
	}
	if err := l.mayTakeDNS(); err != nil {
		return err
	}
	if o.dryRun {
		return l.preview(ctx)
	}
	return l.run(ctx)
}

func contextOf(cluster *kube.Cluster) string {
	if cluster == nil {
		return "-"
	}
	return cluster.Context
}
