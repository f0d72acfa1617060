package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	spareMemory()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code := execute(ctx, os.Args[1:], os.Stderr)
	stop()
	os.Exit(code)
}

// execute runs the command and returns the exit status: 0 after an orderly end, 1 otherwise, after one line on stderr that says what
// is wrong.
func execute(ctx context.Context, args []string, stderr io.Writer) int {
	command := newCommand(stderr)
	command.SetArgs(args)
	err := command.ExecuteContext(ctx)
	if err == nil || errors.Is(err, context.Canceled) {
		return 0
	}
	_, _ = fmt.Fprintln(stderr, "mcs-controller:", strings.Join(strings.Fields(err.Error()), " "))
	return 1
}

func newCommand(stderr io.Writer) *cobra.Command {
	var o options
	command := &cobra.Command{
		Use:   "mcs-controller",
		Short: "Export this cluster's Services to a clusterset and import those of its other members",
		Long: `mcs-controller implements the Kubernetes Multi-Cluster Services API (KEP-1645) in one member cluster.

It turns the export annotation of Services into ServiceExports, publishes what they export to the hub, merges the exports of all
members, and keeps the ServiceImports, derived Services and EndpointSlices of this cluster in line with them.`,
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(command *cobra.Command, _ []string) error {
			if err := o.validate(); err != nil {
				return err
			}
			return run(command.Context(), o, stderr)
		},
	}
	o.register(command.Flags())
	return command
}
