package demo

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

// envCommand is `mcsctl demo env`: shell lines that make kubectl and its contexts usable in another terminal.
func envCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:     "env",
		Short:   "Print shell lines that point kubectl at a running demo",
		Example: `  eval "$(mcsctl demo env)"`,
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			dir, err := filepath.Abs(o.dir)
			if err != nil {
				return err
			}
			running, err := lab.Find(dir)
			if err != nil {
				return noDemo(dir, err)
			}
			fmt.Fprintf(command.OutOrStdout(), "export KUBECONFIG=%s\n", shellQuote(running.Kubeconfig))
			fmt.Fprintf(command.OutOrStdout(), "kubectl() { %s kubectl \"$@\"; }\n", shellQuote(running.Binary))
			return nil
		},
	}
}

// execCommand is `mcsctl demo exec`: a command inside a member's network.
func execCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:     "exec CLUSTER -- COMMAND [ARGUMENT...]",
		Short:   "Run a command in the network of one of a running demo's clusters, as a client there",
		Example: `  mcsctl demo exec west -- curl -s http://10.1.0.10:8080`,
		Args:    cobra.MinimumNArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			dir, err := filepath.Abs(o.dir)
			if err != nil {
				return err
			}
			running, err := lab.Find(dir)
			if err != nil {
				return noDemo(dir, err)
			}
			return running.Exec(args[0], args[1:]...)
		},
	}
}

func noDemo(dir string, err error) error {
	return fmt.Errorf("no demo runs in %s: start one with `mcsctl demo`, or name its --dir: %w", dir, err)
}

// shellQuote quotes s for a POSIX shell.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// contexts are the kubectl contexts of a clusterset, in words.
func contexts(set *clusterset.Clusterset) string {
	var ids []string
	for _, m := range set.Members {
		ids = append(ids, m.ID)
	}
	return strings.Join(append(ids, clusterset.HubName), ", ")
}

func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
