// Command mcsctl is the command line of multicluster-dns.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/demo"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	root := &cobra.Command{
		Use:           "mcsctl",
		Short:         "Service discovery across Kubernetes clusters",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(demo.Command())
	if err := root.ExecuteContext(ctx); err != nil {
		// A command run for the user in a lab ends us as it ended.
		var ended *lab.ExitError
		if errors.As(err, &ended) {
			os.Exit(ended.Status)
		}
		if !errors.Is(err, demo.ErrShown) {
			fmt.Fprintln(os.Stderr, "mcsctl:", err)
		}
		os.Exit(1)
	}
}
