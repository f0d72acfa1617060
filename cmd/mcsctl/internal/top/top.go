package top

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/complete"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/health"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/observe"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

type options struct {
	flags     kube.Flags
	namespace string
	watch     bool
	interval  time.Duration
	count     int
}

// Command returns `mcsctl top`.
func Command() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "top",
		Short: "Watch members and services as they change",
		Long: `Shows, again and again, the hub with its members, each service with the clusters that export it, its ready endpoints and its
addresses, and what changed last. Members are judged as importers judge them: by the signs of life that are seen here.

Keys: q quits, / filters, enter explains the chosen service as mcsctl why does, up and down choose.

Where there is no terminal, and with --watch, each change is a line of its own.`,
		Example: `  mcsctl top
  mcsctl top -n shop
  mcsctl top --watch | tee changes.log`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd, screen.New(cmd)) },
	}
	o.flags.Register(cmd)
	cmd.Flags().StringVarP(&o.namespace, "namespace", "n", "", "watch the services of this namespace only")
	cmd.Flags().BoolVar(&o.watch, "watch", false, "write a line for each change instead of drawing a screen")
	cmd.Flags().DurationVar(&o.interval, "interval", 2*time.Second, "how long to wait between two looks at the clusters")
	cmd.Flags().IntVar(&o.count, "count", 0, "with --watch: end after so many looks; 0 is without end")
	_ = cmd.RegisterFlagCompletionFunc("namespace", complete.Place{Flags: &o.flags}.Namespaces) // defined just above
	return cmd
}

func (o *options) run(cmd *cobra.Command, s *screen.Screen) error {
	if o.interval <= 0 {
		return exit.Usage("--interval is %s: it must be positive", o.interval)
	}
	config, err := o.flags.Load()
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	var heard ear
	read := func(ctx context.Context) (health.Report, error) {
		facts, err := observe.Read(ctx, config, observe.Options{Namespace: o.namespace, Running: true})
		if err != nil {
			return health.Report{}, err
		}
		heard.hear(&facts, time.Now())
		return health.Diagnose(facts, membership.DefaultThresholds), nil
	}
	if o.watch || !s.Terminal() || !term.IsTerminal(int(os.Stdin.Fd())) || os.Getenv("TERM") == "dumb" {
		return watch(ctx, s.Out, read, o.interval, o.count)
	}
	_, err = tea.NewProgram(model{ctx: ctx, read: read, explain: o.explain, interval: o.interval}, tea.WithContext(ctx)).Run()
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil || errors.Is(err, tea.ErrInterrupted) {
		return nil // a signal is a way to quit
	}
	return err
}

// explain lets this program explain a name, as the user would on a terminal of their own.
func (o *options) explain(ctx context.Context, name, from string) string {
	self, err := os.Executable()
	if err != nil {
		return fmt.Sprintf("finding this program: %v", err)
	}
	args := []string{"why", name, "--clusterset-namespace", o.flags.ClustersetNamespace, "--request-timeout", o.flags.RequestTimeout.String()}
	if from != "" {
		args = append(args, "--from", from)
	}
	if o.flags.Kubeconfig != "" {
		args = append(args, "--kubeconfig", o.flags.Kubeconfig)
	}
	if o.flags.Hub != "" {
		args = append(args, "--hub", o.flags.Hub)
	}
	// Its status says what it found, and so does its text.
	output, err := exec.CommandContext(ctx, self, args...).CombinedOutput()
	if len(output) == 0 && err != nil {
		return fmt.Sprintf("explaining %s: %v", name, err)
	}
	return string(output)
}
