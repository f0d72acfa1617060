package hubadmin

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/credential"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
)

func listCommand() *cobra.Command {
	var flags kube.Flags
	command := &cobra.Command{
		Use:   "list",
		Short: "List the join tokens that were neither used nor revoked",
		Long: `List the join tokens that were neither used nor revoked. The tokens themselves are not shown: the hub does not keep them.

One that has expired lets nobody join any more; mcsctl token revoke removes what is left of it.`,
		Example: `  mcsctl token list --hub east
  mcsctl token list --hub east -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return list(cmd.Context(), screen.New(cmd), &flags, time.Now())
		},
	}
	flags.Register(command)
	screen.RegisterOutput(command, screen.JSON, screen.YAML)
	return command
}

// listed is a join token as -o json and -o yaml have it, with times as RFC 3339 writes them.
type listed struct {
	ID      string `json:"id"`
	State   string `json:"state"`
	Made    string `json:"made"`
	Expires string `json:"expires,omitempty"`
}

func list(ctx context.Context, s *screen.Screen, flags *kube.Flags, now time.Time) error {
	set, err := clusterset(ctx, s, flags)
	if err != nil {
		return err
	}
	tokens := []listed{} // none are [] and not null
	var rows [][]string
	for _, member := range set.Members {
		found, err := credential.Tokens(ctx, set.Hub, member.Namespace)
		if err != nil {
			return err
		}
		for _, token := range found {
			entry, left := state(token, now), "-"
			if entry == good {
				left = duration.HumanDuration(token.Expires.Sub(now))
			}
			one := listed{ID: string(member.ID), State: entry, Made: token.Made.UTC().Format(time.RFC3339)}
			if !token.Expires.IsZero() {
				one.Expires = token.Expires.UTC().Format(time.RFC3339)
			}
			tokens = append(tokens, one)
			rows = append(rows, []string{one.ID, entry, left, duration.HumanDuration(now.Sub(token.Made))})
		}
	}
	switch {
	case s.Structured():
		return s.Object(tokens)
	case len(rows) == 0:
		s.Note("no join token waits to be used")
		return nil
	}
	s.Table([]string{"MEMBER", "STATE", "GOOD FOR", "AGE"}, rows)
	return nil
}

// The states of a join token that was neither used nor revoked.
const (
	good       = "good"
	expired    = "expired"
	unfinished = "unfinished" // making it was interrupted, so that nobody was given it
)

func state(token credential.Outstanding, now time.Time) string {
	switch {
	case token.Expires.IsZero():
		return unfinished
	case now.After(token.Expires):
		return expired
	}
	return good
}
