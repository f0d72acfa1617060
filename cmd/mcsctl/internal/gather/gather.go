package gather

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/yaml"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/health"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/observe"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

type options struct {
	flags   kube.Flags
	output  string
	maxSize string
	noLogs  bool
}

// Command returns `mcsctl gather`.
func Command() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "gather",
		Short: "Put what somebody needs to help you into one archive, without secrets",
		Long: `Collects from the hub and every member the objects of the Multi-Cluster Services API and of this project, the deployments,
configuration and logs of the controller and the DNS server, and what mcsctl status finds, into a compressed archive.

Values of Secrets are replaced by their sizes, and whatever looks like a token, a password or a private key is struck out wherever
it stands. Names of namespaces, services and clusters and the addresses of pods and nodes stay: look through the archive before you
give it away. MANIFEST.txt in it lists what it has and what could not be read.

Exit status: 0 if everything was read, 2 if the archive was written and something is missing.`,
		Example: `  mcsctl gather
  mcsctl gather -o incident.tar.gz --no-logs`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), screen.New(cmd)) },
	}
	o.flags.Register(cmd)
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "file to write; empty is mcs-gather-TIME.tar.gz in the current directory")
	cmd.Flags().StringVar(&o.maxSize, "max-size", "256Mi", "how large the archive may become, before compression")
	cmd.Flags().BoolVar(&o.noLogs, "no-logs", false, "leave logs out")
	return cmd
}

func (o *options) run(ctx context.Context, s *screen.Screen) error {
	size, err := resource.ParseQuantity(o.maxSize)
	if err != nil || size.Sign() <= 0 {
		return exit.Usage("--max-size is %q: it must be a positive size, such as 256Mi", o.maxSize)
	}
	config, err := o.flags.Load()
	if err != nil {
		return err
	}
	begun := time.Now()
	name := "mcs-gather-" + begun.UTC().Format("20060102T150405Z")
	if o.output == "" {
		o.output = name + ".tar.gz"
	}
	set, err := config.Clusterset(ctx)
	if err != nil {
		return exit.CannotTell(err)
	}
	done := s.Progress("collecting")
	defer done()
	a, err := o.write(ctx, set, name, begun, size.Value())
	done()
	if err != nil {
		return err
	}
	lacking := slices.DeleteFunc(slices.Clone(a.listed), func(e entry) bool { return e.why == "" })
	s.Printf("%s: %d files from hub %s and %d members\n", o.output, len(a.listed)-len(lacking), set.Hub.Context, len(set.Members))
	for _, e := range lacking {
		s.Note("%s", s.Warn(fmt.Sprintf("not in it: %s: %s", e.path, e.why)))
	}
	s.Note("look through it before you give it away: names and addresses are in it")
	if len(lacking) > 0 {
		return exit.CannotTell(nil)
	}
	return nil
}

// write makes the archive beside its place and moves it there when it is whole, so that nothing half-done is taken for one.
func (o *options) write(ctx context.Context, set *kube.Clusterset, name string, begun time.Time, room int64) (_ *archive, err error) {
	file, err := os.CreateTemp(filepath.Dir(o.output), ".mcs-gather-*")
	if err != nil {
		return nil, fmt.Errorf("writing the archive: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name()) // the error that matters is the one returned
		}
	}()
	a := newArchive(file, name, begun, room)
	err = o.collectAll(ctx, a, set)
	err = errors.Join(err, a.close(manifest(a, set, begun)), file.Close())
	if err != nil {
		return nil, err
	}
	if err = os.Rename(file.Name(), o.output); err != nil {
		return nil, fmt.Errorf("writing the archive: %w", err)
	}
	return a, nil
}

// collectAll reads all clusters at once.
func (o *options) collectAll(ctx context.Context, a *archive, set *kube.Clusterset) error {
	facts := observe.ReadSet(ctx, set, observe.Options{Running: true, Grounds: true})
	for file, content := range map[string]any{
		"status.yaml": health.Diagnose(facts, membership.DefaultThresholds),
		"check.yaml":  health.Checks(facts, membership.DefaultThresholds),
	} {
		text, err := yaml.Marshal(content)
		if err != nil {
			return fmt.Errorf("writing %s: %w", file, err)
		}
		if err := a.put(file, text); err != nil {
			return err
		}
	}
	clusters := map[string]*kube.Cluster{}
	for _, m := range set.Members {
		if m.Cluster == nil {
			a.missing("member "+string(m.ID), errors.New("no context leads to it"))
			continue
		}
		clusters[m.Cluster.Context] = m.Cluster
	}
	for context, err := range set.Unreachable {
		a.missing("context "+context, err)
	}
	names := slices.Sorted(maps.Keys(clusters))
	errs := make([]error, len(names)+1)
	var wg sync.WaitGroup
	wg.Go(func() { errs[len(names)] = collect(ctx, a, set.Hub, hubKinds) })
	for i, name := range names {
		wg.Go(func() {
			errs[i] = collect(ctx, a, clusters[name], memberKinds)
			if errs[i] == nil && !o.noLogs {
				errs[i] = logs(ctx, a, clusters[name])
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// manifest lists what the archive has and what it lacks.
func manifest(a *archive, set *kube.Clusterset, begun time.Time) []byte {
	var out strings.Builder
	fmt.Fprintf(&out, "gathered %s from hub %s, clusterset %s\n\n", begun.UTC().Format(time.RFC3339), set.Hub.Context, set.Namespace)
	listed := slices.Clone(a.listed)
	slices.SortFunc(listed, func(x, y entry) int { return strings.Compare(x.path, y.path) })
	for _, e := range listed {
		if e.why == "" {
			fmt.Fprintf(&out, "%10d  %s\n", e.size, e.path)
		}
	}
	out.WriteString("\nnot in it:\n")
	if !slices.ContainsFunc(listed, func(e entry) bool { return e.why != "" }) {
		out.WriteString("  nothing that was looked for\n")
	}
	for _, e := range listed {
		if e.why != "" {
			fmt.Fprintf(&out, "  %s: %s\n", e.path, e.why)
		}
	}
	return []byte(out.String())
}
