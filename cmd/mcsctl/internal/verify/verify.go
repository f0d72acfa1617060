package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/rand"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/complete"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/dnsask"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/observe"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/shell"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// allSteps are the steps in their order.
var allSteps = []string{"export", "resolve", "connect", "withdraw"}

type options struct {
	flags      kube.Flags
	from       []string
	only, skip []string
	image      string
	junit      string
	timeout    time.Duration
}

// Command returns `mcsctl verify`.
func Command() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Export a Service for the occasion, resolve and reach it from every member, and take it away",
		Long: `Makes a namespace of its own in every member that a context leads to. Each member in turn exports a Service there: it has to reach
the hub (export), the DNS server of every member has to answer with the address of its ServiceImport (resolve), a node of every
member has to reach that address (connect), and after its export is taken back the name has to be gone everywhere (withdraw). The namespaces are removed in any case, also after Ctrl-C; what a killed run leaves has the label
` + label + `.

Behind the Service is a pod of the image that the cluster's DNS server runs on, which its nodes have, so that nothing is pulled.
Where the DNS server is not in pods there is no such image: the Service then leads to an address that nobody has, and connect is
left out. It is the probe of a second pod that connects, made by the kubelet of its node through what carries ClusterIPs there.

Exit status: 0 if every step passed, 1 if one failed, 2 if no DNS server could be asked.`,
		Example: `  mcsctl verify
  mcsctl verify --from east --only export,resolve
  mcsctl verify --junit verify.xml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), screen.New(cmd)) },
	}
	o.flags.Register(cmd)
	cmd.Flags().StringSliceVar(&o.from, "from", nil, "members that export; empty is all")
	cmd.Flags().StringSliceVar(&o.only, "only", nil, "make only these steps: "+strings.Join(allSteps, ", "))
	cmd.Flags().StringSliceVar(&o.skip, "skip", nil, "leave these steps out")
	cmd.Flags().StringVar(&o.image, "image", "", "CoreDNS image of the pod behind the Service; empty is the one that the cluster's DNS server runs on")
	cmd.Flags().StringVar(&o.junit, "junit", "", "also write the results to this file, as a JUnit test suite")
	cmd.Flags().DurationVar(&o.timeout, "timeout", time.Minute, "how long one step may take")
	// These flags were defined just above.
	_ = cmd.RegisterFlagCompletionFunc("from", complete.Place{Flags: &o.flags}.Members)
	_ = cmd.RegisterFlagCompletionFunc("only", cobra.FixedCompletions(allSteps, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("skip", cobra.FixedCompletions(allSteps, cobra.ShellCompDirectiveNoFileComp))
	screen.RegisterOutput(cmd, screen.JSON, screen.YAML)
	return cmd
}

// wanted are the steps to make.
func (o *options) wanted() (map[string]bool, error) {
	for _, step := range append(slices.Clone(o.only), o.skip...) {
		if !slices.Contains(allSteps, step) {
			return nil, exit.Usage("there is no step %q: choose from %s", step, strings.Join(allSteps, ", "))
		}
	}
	steps := map[string]bool{}
	for _, step := range allSteps {
		steps[step] = (len(o.only) == 0 || slices.Contains(o.only, step)) && !slices.Contains(o.skip, step)
	}
	if slices.Contains(o.skip, "export") {
		return nil, exit.Usage("every other step needs export: leave it in")
	}
	steps["export"] = true
	return steps, nil
}

func (o *options) run(ctx context.Context, s *screen.Screen) error {
	steps, err := o.wanted()
	if err != nil {
		return err
	}
	config, err := o.flags.Load()
	if err != nil {
		return err
	}
	set, err := config.Clusterset(ctx)
	if err != nil {
		return exit.CannotTell(err)
	}
	r := &run{namespace: "mcs-verify-" + rand.String(5), timeout: o.timeout, steps: steps}
	r.told = func(result Result, before []Result) { tell(s, result, before, nameWidth(r.members)) }
	closeAll, exporters, err := o.choose(ctx, s, set, r)
	defer closeAll()
	if err != nil {
		return err
	}
	begun := time.Now()
	defer r.remove(s)
	if err := r.prepare(ctx); err != nil {
		return exit.Problem(err)
	}
	for _, from := range exporters {
		r.exporter(ctx, from)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return o.report(s, r.results, begun)
}

// choose finds the members under test, the ways to their DNS servers, and those that export.
func (o *options) choose(ctx context.Context, s *screen.Screen, set *kube.Clusterset, r *run) (closeAll func(), exporters []*member, err error) {
	var closers []func()
	closeAll = func() {
		for _, c := range closers {
			c()
		}
	}
	var names []string
	for _, m := range set.Members {
		if m.Cluster == nil {
			s.Note("%s", s.Warn(fmt.Sprintf("no context leads to member %q, which is left out", m.ID)))
			continue
		}
		at := &member{Member: m, image: o.image}
		servers, closeServers, err := dnsask.Find(ctx, m.Cluster)
		closers = append(closers, closeServers)
		at.servers, at.noWay = servers, err
		if at.image == "" {
			if w, err := observe.ReadDNS(ctx, m.Cluster); err == nil { // without the right to see pods there is no image
				at.image = w.Image
			}
		}
		at.kubelet = hasKubelet(ctx, m.Cluster)
		r.members = append(r.members, at)
		names = append(names, string(m.ID))
		if len(o.from) == 0 || slices.Contains(o.from, string(m.ID)) {
			exporters = append(exporters, at)
		}
	}
	for _, id := range o.from {
		if _, found := set.Member(mcs.ClusterID(id)); !found || !slices.Contains(names, id) {
			return closeAll, nil, exit.Usage("there is no member %q that a context leads to: choose from %s", id, strings.Join(names, ", "))
		}
	}
	if len(r.members) == 0 {
		return closeAll, nil, exit.CannotTell(fmt.Errorf("no context leads to a member of the clusterset on hub %q", set.Hub.Context))
	}
	s.Note("clusterset %s on hub %s, members %s, namespace %s", set.Namespace, set.Hub.Context, strings.Join(names, ", "), r.namespace)
	return closeAll, exporters, nil
}

// hasKubelet says whether a node tells of a kubelet's version. Who may not see nodes is taken to be on a usual cluster.
func hasKubelet(ctx context.Context, c client.Reader) bool {
	var nodes corev1.NodeList
	if err := c.List(ctx, &nodes); err != nil {
		return true
	}
	return slices.ContainsFunc(nodes.Items, func(n corev1.Node) bool { return n.Status.NodeInfo.KubeletVersion != "" })
}

// prepare makes the namespaces.
func (r *run) prepare(ctx context.Context) error {
	for _, at := range r.members {
		if err := at.Cluster.Create(ctx, namespaceObject(r.namespace)); err != nil {
			return fmt.Errorf("creating namespace %q in context %q: %w", r.namespace, at.Cluster.Context, err)
		}
	}
	return nil
}

// remove removes the namespaces, whatever became of the run and of its context.
func (r *run) remove(s *screen.Screen) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for _, at := range r.members {
		if err := at.Cluster.Delete(ctx, namespaceObject(r.namespace)); client.IgnoreNotFound(err) != nil {
			s.Note("%s", s.Bad(fmt.Sprintf("namespace %q of context %q is left: %v: kubectl --context %s delete namespace %s", r.namespace, at.Cluster.Context, err, shell.Word(at.Cluster.Context), r.namespace)))
		}
	}
}

// nameWidth is that of the column with the names: as wide as the longest ids need, as long as that leaves room beside it.
func nameWidth(members []*member) int {
	longest := 0
	for _, m := range members {
		longest = max(longest, len(m.ID))
	}
	return min(max(20, 2*longest+len(" from ")), 40)
}

// tell writes one step, with its name in a column of that width. Why something is left out is said once.
func tell(s *screen.Screen, r Result, before []Result, width int) {
	if s.Structured() {
		return
	}
	if r.Outcome == Skipped && slices.ContainsFunc(before, func(b Result) bool { return b.Outcome == Skipped && b.Text == r.Text }) {
		r.Text = "for the same reason"
	}
	paint := map[Outcome]func(string) string{Passed: s.Good, Failed: s.Bad, Skipped: s.Warn}[r.Outcome]
	s.Paragraph(len("skip  withdraw  ")+width+2, fmt.Sprintf("%s  %-8s  %-*s  %s", paint(fmt.Sprintf("%-4s", r.Outcome)), r.Step, width, r.Name, r.Text))
}

// report writes what is to be written at the end, and ends as the steps did.
func (o *options) report(s *screen.Screen, results []Result, begun time.Time) error {
	if s.Structured() {
		if err := s.Object(results); err != nil {
			return err
		}
	}
	if o.junit != "" {
		var content bytes.Buffer
		if err := writeJUnit(&content, results, begun); err != nil {
			return err
		}
		if err := os.WriteFile(o.junit, content.Bytes(), 0o644); err != nil {
			return fmt.Errorf("writing the JUnit report: %w", err)
		}
	}
	count := func(outcome Outcome, step string) int {
		n := 0
		for _, r := range results {
			if r.Outcome == outcome && (step == "" || r.Step == step) {
				n++
			}
		}
		return n
	}
	if !s.Structured() {
		s.Printf("verify: %d passed, %d failed, %d left out in %.1fs\n", count(Passed, ""), count(Failed, ""), count(Skipped, ""), time.Since(begun).Seconds())
	}
	switch {
	case count(Failed, "") > 0:
		return exit.Problem(nil)
	case count(Skipped, "resolve") > 0 && count(Passed, "resolve") == 0:
		return exit.CannotTell(errors.New("no DNS server could be asked: whether names resolve is not known"))
	}
	return nil
}
