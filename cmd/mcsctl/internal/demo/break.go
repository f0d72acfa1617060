package demo

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	output "github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen" // the demo has a screen of its own
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

// breakCommand is `mcsctl demo break`: a running demo broken on purpose.
func breakCommand(o *options) *cobra.Command {
	var heal bool
	command := &cobra.Command{
		Use:   "break [SCENARIO]",
		Short: "Break a running demo on purpose, to see what happens and what says so; without a scenario, list them",
		Long: `Breaks one thing in a demo that runs in another terminal, says what it broke, what to look at, and how it heals: with
--heal, with the fix that mcsctl why gives, or by itself. Nothing outside the demo is touched.`,
		Example: `  mcsctl demo break
  mcsctl demo break namespace
  mcsctl demo break partition
  mcsctl demo break partition --heal`,
		Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return breakageNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(command *cobra.Command, args []string) error {
			s := output.New(command)
			if len(args) == 0 {
				listBreakages(s)
				return nil
			}
			i := slices.IndexFunc(breakages, func(b breakage) bool { return b.name == args[0] })
			if i < 0 {
				return exit.Usage("there is no scenario %q: choose from %q", args[0], breakageNames())
			}
			dir, err := filepath.Abs(o.dir)
			if err != nil {
				return err
			}
			r, err := attach(dir)
			if err != nil {
				return err
			}
			s.Printf("demo in %s, contexts %s and %s\n", r.dir, r.east.Context, r.west.Context)
			if heal {
				return mend(command, s, r, breakages[i])
			}
			return breakIt(command, s, r, breakages[i], o.dir)
		},
	}
	command.Flags().BoolVar(&heal, "heal", false, "take back what the scenario broke")
	return command
}

func breakageNames() []string {
	var names []string
	for _, b := range breakages {
		names = append(names, b.name)
	}
	return names
}

func listBreakages(s *output.Screen) {
	var rows [][]string
	for _, b := range breakages {
		cause := b.cause
		if cause == "" {
			cause = "-"
		}
		rows = append(rows, []string{b.name, cause, usualNames.Replace(b.what)})
	}
	s.Table([]string{"SCENARIO", "CAUSE", "WHAT IS BROKEN"}, rows)
}

// breakIt does it, and says what to look at.
func breakIt(command *cobra.Command, s *output.Screen, r *running, b breakage, dir string) error {
	if err := b.do(command.Context(), r); err != nil {
		return explainInside(fmt.Errorf("breaking %q: %w", b.name, err))
	}
	self := selfCommand()
	s.Printf("broken  %s\n", r.say(b.what))
	when := ""
	if b.takes != "" {
		when = "   # " + b.takes
	}
	if b.cause != "" {
		s.Printf("look    %s why %s --from %s%s\n", self, checkout, r.west.Context, when)
		s.Printf("cause   %s, in docs/why.md\n", b.cause)
	} else {
		s.Printf("look    %s why %s --from %s\n", self, checkout, r.west.Context)
	}
	if b.mend == nil {
		s.Printf("heals   by itself, in a few seconds\n")
		return nil
	}
	s.Printf("heals   %s demo break %s --heal --dir %s\n", self, b.name, dir)
	return nil
}

func mend(command *cobra.Command, s *output.Screen, r *running, b breakage) error {
	if b.mend == nil {
		s.Printf("healed  by itself\n")
		return nil
	}
	if err := b.mend(command.Context(), r); err != nil {
		return explainInside(fmt.Errorf("healing %q: %w", b.name, err))
	}
	s.Printf("healed  taken back: %s\n", r.say(b.what))
	s.Printf("look    %s why %s --from %s\n", selfCommand(), checkout, r.west.Context)
	return nil
}

// explainInside says what a program that ran inside the demo has said already.
func explainInside(err error) error {
	var ended *lab.ExitError
	if errors.As(err, &ended) {
		// The text alone: mcsctl would end as that program did, without a word, if it found its error in this one.
		return exit.Problem(fmt.Errorf("%s: what ran in the demo ended with %d", err.Error(), ended.Status))
	}
	return exit.Problem(err)
}
