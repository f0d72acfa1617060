// Package check is `mcsctl check`: every part of a clusterset looked at by itself, with what to do where one is not well; and before
// a cluster joins, whether it can.
//
// Here belongs the list on the screen. What is looked at in a running clusterset is decided in the package health, before a join in
// precheck. It imports both, observe, and the packages that all commands share.
package check

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/complete"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/health"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/observe"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/precheck"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/status"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

type options struct {
	flags     kube.Flags
	member    string
	pre       bool
	context   string
	clusterID string
}

// Command returns `mcsctl check`.
func Command() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check each part of the clusterset, or whether a cluster can join it",
		Long: `Checks the hub and then each member: its sign of life, the definitions and permissions that our programs need, the programs
themselves, the credential for the hub, the DNS server, exports and imports. Each check that does not pass has the id of its
cause and what to do.

With --pre it checks whether the cluster of --context can join, which join does by itself before it writes anything.

Exit status: 0 if nothing failed, 1 if something did, 2 if something could not be looked at.`,
		Example: `  mcsctl check
  mcsctl check --member west
  mcsctl check --pre --context west --hub hub --cluster-id west`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), screen.New(cmd)) },
	}
	o.flags.Register(cmd)
	cmd.Flags().StringVar(&o.member, "member", "", "check this member only")
	cmd.Flags().BoolVar(&o.pre, "pre", false, "check whether the cluster of --context can join")
	cmd.Flags().StringVar(&o.context, "context", "", "with --pre: context of the cluster that is to join; empty is the current one")
	cmd.Flags().StringVar(&o.clusterID, "cluster-id", "", "with --pre: id to join under; empty is the context's name")
	_ = cmd.RegisterFlagCompletionFunc("member", complete.Place{Flags: &o.flags}.Members) // these flags were defined just above
	_ = cmd.RegisterFlagCompletionFunc("context", o.flags.CompleteContexts)
	screen.RegisterOutput(cmd, screen.JSON, screen.YAML)
	return cmd
}

func (o *options) run(ctx context.Context, s *screen.Screen) error {
	if !o.pre && (o.context != "" || o.clusterID != "") {
		return exit.Usage("--context and --cluster-id are for --pre: name a member of the clusterset with --member")
	}
	if o.pre && o.member != "" {
		return exit.Usage("--pre is for a cluster that is no member yet: name it with --context")
	}
	config, err := o.flags.Load()
	if err != nil {
		return err
	}
	look := o.running
	if o.pre {
		look = o.joining
	}
	done := s.Progress("checking")
	checks, err := look(ctx, s, config)
	done()
	if err != nil {
		return err
	}
	return show(s, checks)
}

// running checks the clusterset as it is.
func (o *options) running(ctx context.Context, s *screen.Screen, config *kube.Config) ([]health.Check, error) {
	set, err := config.Clusterset(ctx)
	if err != nil {
		return nil, exit.CannotTell(err)
	}
	options := observe.Options{Running: true, Grounds: true, Doubt: status.Doubt}
	if o.member != "" {
		m, found := set.Member(mcs.ClusterID(o.member))
		if !found {
			return nil, exit.Usage("there is no member %q on hub %q: choose from %s", o.member, set.Hub.Context, ids(set))
		}
		only := *set
		only.Members, only.Excluded = []kube.Member{m}, nil
		facts := observe.ReadSet(ctx, &only, options)
		facts.Registered = len(set.Members)
		s.Note("%s", health.Talking(facts))
		return health.Checks(facts, membership.DefaultThresholds), ctx.Err()
	}
	facts := observe.ReadSet(ctx, set, options)
	s.Note("%s", health.Talking(facts))
	return health.Checks(facts, membership.DefaultThresholds), ctx.Err()
}

func ids(set *kube.Clusterset) string {
	text := ""
	for i, m := range set.Members {
		if i > 0 {
			text += ", "
		}
		text += string(m.ID)
	}
	return text
}

// joining checks a cluster that is to join.
func (o *options) joining(ctx context.Context, s *screen.Screen, config *kube.Config) ([]health.Check, error) {
	member, err := config.Cluster(o.context)
	if err != nil {
		return nil, err
	}
	id := o.clusterID
	if id == "" {
		id = member.Context
	}
	var hub *kube.Cluster
	where := "without a hub at hand"
	if name := config.HubContext(); name != "" {
		if hub, err = config.Cluster(name); err != nil {
			return nil, err
		}
	} else if set, err := config.Clusterset(ctx); err == nil {
		hub = set.Hub
	}
	if hub != nil {
		where = "to hub " + hub.Context
	}
	s.Note("context %s, to join as %s, %s", member.Context, id, where)
	group := fmt.Sprintf("%s, before it joins", member.Context)
	var checks []health.Check
	for _, r := range precheck.Run(ctx, member, hub, id) {
		checks = append(checks, health.Check{Group: group, Name: r.Name, State: states[r.State], Text: r.Text, Cause: r.Cause, Fix: r.Fix})
	}
	return checks, ctx.Err()
}

var states = map[precheck.State]health.CheckState{precheck.OK: health.Passed, precheck.Warn: health.Warned, precheck.Fail: health.Failed}

// show writes the checks, and ends as they did.
func show(s *screen.Screen, checks []health.Check) error {
	if s.Structured() {
		if err := s.Object(checks); err != nil {
			return err
		}
		return verdict(checks)
	}
	width := 0
	for _, c := range checks {
		width = max(width, len(c.Name))
	}
	group := ""
	for _, c := range checks {
		if c.Group != group {
			group = c.Group
			s.Printf("%s\n", group)
		}
		cause := ""
		if c.Cause != "" {
			cause = "  " + s.Bad(c.Cause)
		}
		s.Paragraph(len("  FAIL  ")+width+2, fmt.Sprintf("  %s  %-*s  %s%s", mark(s, c.State), width, c.Name, c.Text, cause))
		if c.Fix != "" {
			s.Printf("        %-*s  %s\n", width, "", s.Faint(c.Fix))
		}
	}
	s.Printf("%s\n", summary(s, checks))
	return verdict(checks)
}

func mark(s *screen.Screen, state health.CheckState) string {
	text := fmt.Sprintf("%-4s", state)
	switch state {
	case health.Passed:
		return s.Good(text)
	case health.Failed:
		return s.Bad(text)
	default:
		return s.Warn(text)
	}
}

func count(checks []health.Check, state health.CheckState) int {
	n := 0
	for _, c := range checks {
		if c.State == state {
			n++
		}
	}
	return n
}

func summary(s *screen.Screen, checks []health.Check) string {
	text := fmt.Sprintf("%d passed", count(checks, health.Passed))
	for _, other := range []struct {
		state health.CheckState
		words string
	}{{health.Warned, "warnings"}, {health.Failed, "failed"}, {health.Unknown, "could not be looked at"}} {
		if n := count(checks, other.state); n > 0 {
			text += fmt.Sprintf(", %d %s", n, other.words)
		}
	}
	if count(checks, health.Failed) > 0 {
		return s.Bad(text)
	}
	return text
}

func verdict(checks []health.Check) error {
	has := func(state health.CheckState) bool {
		return slices.ContainsFunc(checks, func(c health.Check) bool { return c.State == state })
	}
	switch {
	case has(health.Failed):
		return exit.Problem(nil)
	case has(health.Unknown):
		return exit.CannotTell(nil)
	}
	return nil
}
