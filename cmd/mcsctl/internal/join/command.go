package join

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/jointoken"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
)

// Command is `mcsctl join`.
func Command() *cobra.Command {
	var o options
	command := &cobra.Command{
		Use:   "join [-]",
		Short: "Make a cluster a member of a clusterset",
		Long: `Make a cluster a member of a clusterset.

Whoever may write in both clusters names both contexts. Otherwise the hub's administrator runs mcsctl token create, and the
cluster's administrator joins with that token.

Everything is looked at before anything is written, and the registration that makes others count the member comes last. After a
failure nothing is undone and nobody else is affected: running the same command again finishes it, and mcsctl leave removes it.
Running it on a member again changes nothing, or brings it up to date with a newer mcsctl.`,
		Example: `  mcsctl join --context west --hub east
  mcsctl join --context west --token-file west.token
  mcsctl join --context west --hub east --controller-image registry.example.org/mcs-controller:v1
  mcsctl join --context west --hub east --rotate            # a new credential; the old one ends
  mcsctl join --cluster-id west --dry-run -o yaml           # for GitOps; asks no cluster
  mcsctl join --context west --hub east --run=process --dir west`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 || len(args) == 1 && args[0] != "-" {
				return exit.Usage("the one argument there is, is -, for a token on standard input: name the cluster with --context")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			token, found, err := readToken(cmd.InOrStdin(), o.tokenFile, len(args) == 1)
			if err != nil {
				return err
			}
			if err := o.validate(found); err != nil {
				return err
			}
			o.typed = typed(cmd, args)
			s := screen.New(cmd)
			if o.dryRun {
				return o.render(cmd.Context(), s)
			}
			if found {
				return o.joinByToken(cmd.Context(), s, token)
			}
			return o.joinByContext(cmd.Context(), s)
		},
	}
	o.register(command)
	screen.RegisterOutput(command, screen.JSON, screen.YAML)
	return command
}

// typed is the command line as it was given, each flag in one word.
func typed(cmd *cobra.Command, args []string) []string {
	words := append(strings.Fields(cmd.CommandPath()), args...)
	cmd.Flags().Visit(func(flag *pflag.Flag) { words = append(words, "--"+flag.Name+"="+flag.Value.String()) })
	return words
}

// maxToken bounds what is read where a token is expected.
const maxToken = 128 << 10

// readToken returns the join token that the command line names, if it names one.
func readToken(stdin io.Reader, file string, fromStdin bool) (jointoken.Token, bool, error) {
	switch {
	case file != "" && fromStdin:
		return jointoken.Token{}, false, exit.Usage("--token-file and - both name a join token: choose one")
	case fromStdin:
		file = "standard input"
	case file == "":
		return jointoken.Token{}, false, nil
	default:
		opened, err := os.Open(file)
		if err != nil {
			return jointoken.Token{}, false, exit.Usage("reading the join token: %w", err)
		}
		defer opened.Close()
		stdin = opened
	}
	content, err := io.ReadAll(io.LimitReader(stdin, maxToken))
	if err != nil {
		return jointoken.Token{}, false, fmt.Errorf("reading the join token from %s: %w", file, err)
	}
	token, err := jointoken.Parse(string(content))
	if err != nil {
		return jointoken.Token{}, false, exit.Usage("reading the join token from %s: %w", file, err)
	}
	return token, true, nil
}

// took says how long something took, for people.
func took(since time.Time) string { return time.Since(since).Round(100 * time.Millisecond).String() }
