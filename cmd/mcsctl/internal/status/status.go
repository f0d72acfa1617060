// Package status is `mcsctl status`: how the clusterset is, on one screen and in the exit status.
//
// Here belongs the screen, and waiting for health. How things are is decided in the package health. It imports observe, health,
// get for the table of members, and the packages that all commands share.
package status

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/health"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/observe"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// Doubt is how long to watch a member that seems silent by its own clock: longer than from one renewal to the next.
const Doubt = membership.RenewInterval + 2*time.Second

// again is how long --wait waits between two looks.
const again = 2 * time.Second

type options struct {
	flags   kube.Flags
	wait    bool
	timeout time.Duration
	listen  time.Duration
}

// Command returns `mcsctl status`.
func Command() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how the clusterset is: members, DNS servers, exports, and what to do next",
		Long: `Shows every member with its state, what it exports and imports, its DNS server, and each problem with the id of its cause and the
command to run next.

A member is up, stale (silent for 60s: its endpoints step back where another member can serve), forgotten (silent for 15m: left
out of imports) or unheard. HEARD is the time since its last sign of life as it wrote it itself. A member that seems silent by
its own clock is watched for longer than it takes to renew that sign, so that a clock that is wrong is not taken for silence.
LAG p99 is the time within which 99 % of the endpoint changes of the last ten minutes arrived in the member, as its controller
counted them; - where none did, or no way leads to the controller's page.

Exit status: 0 if nothing is broken, 1 if something is, 2 if something could not be looked at. Warnings do not count.`,
		Example: `  mcsctl status
  mcsctl status --wait --timeout 2m
  mcsctl status -o json | jq -r '.problems[].text'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), screen.New(cmd)) },
	}
	o.flags.Register(cmd)
	cmd.Flags().BoolVar(&o.wait, "wait", false, "look again until nothing is broken")
	cmd.Flags().DurationVar(&o.timeout, "timeout", 5*time.Minute, "how long --wait waits")
	cmd.Flags().DurationVar(&o.listen, "listen", Doubt, "how long to watch a member that seems silent; 0 believes its clock")
	screen.RegisterOutput(cmd, screen.Wide, screen.JSON, screen.YAML)
	return cmd
}

func (o *options) run(ctx context.Context, s *screen.Screen) error {
	config, err := o.flags.Load()
	if err != nil {
		return exit.CannotTell(err)
	}
	report, err := o.look(ctx, s, config)
	if o.wait && !errors.Is(err, context.Canceled) {
		report, err = o.waitFor(ctx, s, config, report, err)
	}
	if err != nil {
		return err
	}
	if s.Structured() {
		if err := s.Object(report); err != nil {
			return err
		}
	} else {
		show(s, report)
	}
	switch {
	case !report.Healthy:
		return exit.Problem(nil)
	case len(report.Unread) > 0:
		return exit.CannotTell(nil)
	}
	return nil
}

func (o *options) look(ctx context.Context, s *screen.Screen, config *kube.Config) (health.Report, error) {
	done := s.Progress("reading the clusters, and listening to members that seem silent")
	defer done()
	facts, err := observe.Read(ctx, config, observe.Options{Running: true, Doubt: o.listen})
	if err != nil {
		return health.Report{}, exit.CannotTell(err)
	}
	return health.Diagnose(facts, membership.DefaultThresholds), nil
}

// waitFor looks again until nothing is broken or the time is up, and returns what it saw last.
func (o *options) waitFor(ctx context.Context, s *screen.Screen, config *kube.Config, report health.Report, err error) (health.Report, error) {
	deadline := time.Now().Add(o.timeout)
	for err != nil || !report.Healthy {
		left := time.Until(deadline)
		if left <= 0 {
			if err == nil {
				s.Note("%s", s.Warn(fmt.Sprintf("still not well after %s", o.timeout)))
			}
			return report, err
		}
		done := s.Progress("waiting: " + first(report, err))
		select {
		case <-ctx.Done():
		case <-time.After(min(again, left)):
		}
		done()
		if ctx.Err() != nil {
			return report, ctx.Err()
		}
		report, err = o.look(ctx, s, config)
	}
	return report, err
}

// first is what is waited for, in a few words.
func first(report health.Report, err error) string {
	if err != nil {
		return err.Error()
	}
	for _, p := range report.Problems {
		if p.Severity == health.Broken {
			return p.Subject + ": " + p.Text
		}
	}
	return "health"
}
