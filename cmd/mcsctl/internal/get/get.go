package get

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/complete"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/health"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/observe"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// Command returns `mcsctl get`.
func Command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "get",
		Short: "List exports, imports or members of the clusterset, over all its clusters",
	}
	cmd.AddCommand(
		listing[health.Export]{
			use: "exports", aliases: []string{"export", "serviceexports"}, what: "ServiceExports", whose: "all members", namespaced: true,
			example: `  mcsctl get exports
  mcsctl get exports -n shop --problems
  mcsctl get exports --context west -o json`,
			of: func(r health.Report) []health.Export { return r.Exports }, well: func(e health.Export) bool { return e.Well },
			namespace: func(e health.Export) string { return e.Namespace }, columns: exportColumns,
		}.command(),
		listing[health.Import]{
			use: "imports", aliases: []string{"import", "serviceimports"}, what: "ServiceImports", whose: "all members", namespaced: true,
			example: `  mcsctl get imports
  mcsctl get imports --context west -n shop -o wide
  mcsctl get imports --problems -o name`,
			of: func(r health.Report) []health.Import { return r.Imports }, well: func(i health.Import) bool { return i.Well },
			namespace: func(i health.Import) string { return i.Namespace }, columns: importColumns,
		}.command(),
		listing[health.Member]{
			use: "members", aliases: []string{"member"}, what: "members", whose: "the clusterset",
			example: `  mcsctl get members
  mcsctl get members -o wide
  mcsctl get members --problems -o name`,
			of:        func(r health.Report) []health.Member { return r.Members },
			well:      func(m health.Member) bool { return m.State == health.Up || m.State == health.Unjudged },
			namespace: func(health.Member) string { return "" }, columns: memberColumns, running: true,
		}.command(),
	)
	return cmd
}

// listing is one kind of thing that can be listed.
type listing[T any] struct {
	use, example string
	what, whose  string // in words, for the help
	aliases      []string
	namespaced   bool
	running      bool // the list shows what runs in a member
	of           func(health.Report) []T
	well         func(T) bool
	namespace    func(T) string
	columns      []column[T]
}

func (l listing[T]) command() *cobra.Command {
	var flags kube.Flags
	var contexts []string
	var namespace string
	var everywhere, problems bool
	cmd := &cobra.Command{
		Use: l.use, Aliases: l.aliases,
		Short:   "List the " + l.what + " of " + l.whose,
		Example: l.example,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if namespace != "" && everywhere {
				return exit.Usage("-n %s and -A are opposites: give one of them", namespace)
			}
			s := screen.New(cmd)
			config, err := flags.Load()
			if err != nil {
				return exit.CannotTell(err)
			}
			for _, name := range contexts {
				if _, err := config.Cluster(name); err != nil {
					return exit.Usage("%w", err)
				}
			}
			done := s.Progress("reading the clusters")
			facts, err := observe.Read(cmd.Context(), config, observe.Options{Contexts: contexts, Namespace: namespace, Running: l.running})
			done()
			if err != nil {
				return exit.CannotTell(err)
			}
			s.Note("%s", health.Talking(facts))
			report := health.Diagnose(facts, membership.DefaultThresholds)
			rows, none := l.of(report), "no "+l.what
			if problems {
				if all := len(rows); all > 0 {
					none = fmt.Sprintf("no problems: all %d %s are well", all, l.what)
				}
				rows = slices.DeleteFunc(slices.Clone(rows), l.well)
			}
			return show(s, none, l.columns, rows, report.Unread)
		},
	}
	cmd.Long = "Lists the " + l.what + " of " + l.whose + ", or of the contexts that --context names, and how each of them is."
	if l.namespaced {
		cmd.Long += "\nAll namespaces are listed unless -n names one, which also needs no right to list the others."
		cmd.Flags().StringVarP(&namespace, "namespace", "n", "", "list this namespace only")
		cmd.Flags().BoolVarP(&everywhere, "all-namespaces", "A", false, "list all namespaces, which is what happens without -n too")
		place := complete.Place{Flags: &flags}
		_ = cmd.RegisterFlagCompletionFunc("namespace", place.Namespaces) // defined just above
	}
	cmd.Long += "\n\nExit status: 0 if everything was read, 2 if a cluster or a kind could not be."
	flags.Register(cmd)
	cmd.Flags().StringSliceVar(&contexts, "context", nil, "read only the clusters of these contexts")
	_ = cmd.RegisterFlagCompletionFunc("context", flags.CompleteContexts) // defined just above
	cmd.Flags().BoolVar(&problems, "problems", false, "list only what something is to be done about")
	screen.RegisterOutput(cmd, screen.Wide, screen.JSON, screen.YAML, screen.Name)
	return cmd
}

// show writes rows in the form that was asked for, none for people where there are no rows, and says what could not be read.
func show[T any](s *screen.Screen, none string, columns []column[T], rows []T, unread []string) error {
	switch {
	case s.Structured():
		if rows == nil {
			rows = []T{}
		}
		if err := s.Object(rows); err != nil {
			return err
		}
	case s.Format == screen.Name:
		for _, row := range rows {
			s.Printf("%s\n", name(columns, row))
		}
	case len(rows) == 0:
		s.Note("%s", none)
	default:
		header, cells := tabulate(s, columns, rows)
		if left := s.Columns(header, cells); len(left) > 0 && s.Format == screen.Wide {
			s.Note("%s", s.Faint("no room here for "+strings.Join(left, ", ")+": -o yaml has all"))
		}
	}
	for _, reason := range unread {
		s.Note("%s", s.Warn("not read: "+reason))
	}
	if len(unread) > 0 {
		return exit.CannotTell(nil)
	}
	return nil
}
