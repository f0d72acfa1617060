package hubadmin

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/install"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/precheck"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// HubCommand is `mcsctl hub`.
func HubCommand() *cobra.Command {
	parent := &cobra.Command{Use: "hub", Short: "Make a cluster the hub of a clusterset"}
	parent.AddCommand(initCommand())
	return parent
}

func initCommand() *cobra.Command {
	var flags kube.Flags
	var context string
	var dryRun bool
	command := &cobra.Command{
		Use:   "init",
		Short: "Make a cluster the hub of a clusterset",
		Long: `Make a cluster the hub of a clusterset: the definitions of the records, the registry's namespace, and the members' right to read.

The hub stores records and runs nothing of ours. Any cluster that all members reach can be it, one of the members included. Running
this again changes nothing; a newer mcsctl brings the definitions up to date.`,
		Example: `  mcsctl hub init --context east
  mcsctl hub init --dry-run -o yaml > hub.yaml    # for GitOps`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s := screen.New(cmd)
			objects, err := manifests.Hub(flags.ClustersetNamespace)
			if err != nil {
				return exit.Usage("%w", err)
			}
			if dryRun {
				return install.Render(s, install.Part{Name: "hub", Context: context, Objects: objects})
			}
			config, err := flags.Load()
			if err != nil {
				return err
			}
			if context == "" {
				context = flags.Hub
			}
			hub, err := config.Cluster(context)
			if err != nil {
				return exit.Usage("%w", err)
			}
			s.Note("hub: context %s, registry in namespace %s", hub.Context, flags.ClustersetNamespace)
			results := precheck.Hub(cmd.Context(), hub, objects)
			if err := precheck.Report(s, results); err != nil {
				return err
			}
			done := s.Progress("installing the hub")
			changes, err := install.Apply(cmd.Context(), hub, objects...)
			done()
			if err != nil {
				s.Note("what was applied so far stays; run the command again to finish")
				return err
			}
			if s.Structured() {
				return s.Object(map[string]any{"context": hub.Context, "namespace": flags.ClustersetNamespace, "changes": install.Counts(changes)})
			}
			s.Printf("hub       %s is a hub: %s\n", hub.Context, install.Summary(changes))
			s.Printf("next      mcsctl join --context MEMBER --hub %s    (this cluster too, if it is to be a member)\n", hub.Context)
			return nil
		},
	}
	flags.Register(command)
	command.Flags().StringVar(&context, "context", "", "context of the cluster; empty takes --hub, then the current one")
	command.Flags().BoolVar(&dryRun, "dry-run", false, "write nothing and ask no cluster: show the objects, with -o yaml for GitOps")
	mustComplete(command, "context", &flags)
	screen.RegisterOutput(command, screen.JSON, screen.YAML)
	return command
}

func mustComplete(command *cobra.Command, flag string, flags *kube.Flags) {
	if err := command.RegisterFlagCompletionFunc(flag, flags.CompleteContexts); err != nil {
		panic(fmt.Sprintf("completing --%s: %v", flag, err)) // the flag is not defined: no run gets here
	}
}
