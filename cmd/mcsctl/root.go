package main

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/check"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/corefile"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/demo"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exports"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/gather"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/get"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/hubadmin"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/join"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/status"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/top"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/verify"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/version"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/why"
)

// programName is how help and examples are written; pluginName is what the file is called as a plugin of kubectl.
const (
	programName = "mcsctl"
	pluginName  = "kubectl-mcs"
)

// calledAs is what the user types to call the program that was started as argv0.
func calledAs(argv0 string) string {
	if strings.TrimSuffix(filepath.Base(argv0), ".exe") == pluginName {
		return "kubectl mcs"
	}
	return programName
}

// newRoot returns the whole command line, which calls itself by name in all it says.
func newRoot(name string) *cobra.Command {
	root := &cobra.Command{
		Use:   programName,
		Short: "Service discovery across Kubernetes clusters",
		Long: `mcsctl sets up, shows and explains a clusterset: Kubernetes clusters that export Services to each other by the
Multi-Cluster Services API.

It works on the contexts of your kubeconfig. The hub is the context whose cluster holds the clusterset's registry, and a
member's context is found by what its cluster says of itself.

Exit status: 0 as asked or well, 1 a problem was found, 2 it cannot be told because something could not be looked at,
64 the command line is wrong.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return exit.Usage("%w: see %s --help", err, cmd.CommandPath())
	})
	root.AddCommand(
		demo.Command(),
		check.Command(),
		corefile.Command(),
		exports.ExportCommand(),
		exports.UnexportCommand(),
		gather.Command(),
		get.Command(),
		hubadmin.HubCommand(),
		hubadmin.TokenCommand(),
		join.Command(),
		join.LeaveCommand(),
		status.Command(),
		top.Command(),
		verify.Command(),
		version.Command(),
		why.Command(),
	)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	fitHelp(root)
	callItself(root, name)
	refuseMisuse(root)
	return root
}

// callItself makes help and examples name the program as it was called.
func callItself(root *cobra.Command, name string) {
	if name == programName {
		return
	}
	root.Annotations = map[string]string{cobra.CommandDisplayNameAnnotation: name}
	walk(root, func(cmd *cobra.Command) {
		cmd.Long = strings.ReplaceAll(cmd.Long, programName+" ", name+" ")
		cmd.Example = strings.ReplaceAll(cmd.Example, programName+" ", name+" ")
	})
}

// refuseMisuse gives arguments that a command cannot take the status of a wrong command line, and says where to read on.
func refuseMisuse(root *cobra.Command) {
	walk(root, func(cmd *cobra.Command) {
		if cmd.HasSubCommands() && !cmd.Runnable() {
			cmd.Args = noSuchCommand
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
			return
		}
		if accept := cmd.Args; accept != nil {
			cmd.Args = func(cmd *cobra.Command, args []string) error {
				if err := accept(cmd, args); err != nil {
					return exit.Usage("%w: see %s --help", err, cmd.CommandPath())
				}
				return nil
			}
		}
	})
}

func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return exit.Usage("there is no command %q: did you mean %s %s?", args[0], cmd.CommandPath(), strings.Join(near, ", "))
	}
	return exit.Usage("there is no command %q: see %s --help", args[0], cmd.CommandPath())
}

func walk(cmd *cobra.Command, visit func(*cobra.Command)) {
	visit(cmd)
	for _, sub := range cmd.Commands() {
		walk(sub, visit)
	}
}
