package exports

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/complete"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/shell"
	"github.com/multicluster-dns/multicluster-dns/controller/annotate"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// options are the flags that both commands have, and those of export.
type options struct {
	flags              kube.Flags
	context, namespace string
	wait, dryRun       bool
	timeout            time.Duration
	annotate           bool
}

func (o *options) register(cmd *cobra.Command) {
	o.flags.Register(cmd)
	cmd.Flags().StringVar(&o.context, "context", "", "context of the Service's cluster; empty is the current one")
	cmd.Flags().StringVarP(&o.namespace, "namespace", "n", "", "namespace of the Service; empty is the context's")
	cmd.Flags().BoolVar(&o.wait, "wait", false, "wait until all members that can be reached have followed")
	cmd.Flags().DurationVar(&o.timeout, "timeout", time.Minute, "how long --wait waits")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "only show what would be written")
	place := complete.Place{Flags: &o.flags, Context: &o.context, Namespace: &o.namespace}
	_ = cmd.RegisterFlagCompletionFunc("context", o.flags.CompleteContexts) // these two flags were defined just above
	_ = cmd.RegisterFlagCompletionFunc("namespace", place.Namespaces)
}

// ExportCommand returns `mcsctl export`.
func ExportCommand() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "export SERVICE",
		Short: "Export a Service to the clusterset",
		Long: `Exports a Service: every member that has the namespace can then resolve SERVICE.NAMESPACE.svc.clusterset.local.

It creates a ServiceExport of the Service's name, the object by which KEP-1645 exports: every implementation of that API
understands it, its conditions say what became of it, and your Service stays as you wrote it, so that no GitOps tool sees a
difference. With --annotate the Service is annotated ` + annotate.DefaultKey + `=true instead; the controller then makes
the ServiceExport, and takes it back with the Service or the annotation.

Refused are a Service that does not exist, an ExternalName, the result of an import, and namespaces that the controller denies.`,
		Example: `  mcsctl export checkout -n shop --context east
  mcsctl export checkout -n shop --wait
  mcsctl export checkout -n shop --dry-run > checkout-export.yaml`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.export(cmd.Context(), screen.New(cmd), args[0])
		},
	}
	o.register(cmd)
	cmd.Flags().BoolVar(&o.annotate, "annotate", false, "annotate the Service instead of creating a ServiceExport")
	cmd.ValidArgsFunction = complete.Place{Flags: &o.flags, Context: &o.context, Namespace: &o.namespace}.Services
	return cmd
}

// cluster returns where the Service is, and its name.
func (o *options) cluster(service string) (*kube.Config, *kube.Cluster, types.NamespacedName, error) {
	var key types.NamespacedName
	config, err := o.flags.Load()
	if err != nil {
		return nil, nil, key, err
	}
	c, err := config.Cluster(o.context)
	if err != nil {
		return nil, nil, key, exit.Usage("%w", err)
	}
	namespace, name, found := strings.Cut(service, "/")
	switch {
	case !found:
		namespace, name = o.namespace, service
	case o.namespace != "" && o.namespace != namespace:
		return nil, nil, key, exit.Usage("%s names namespace %q and -n another one: give one of them", service, namespace)
	}
	if namespace == "" {
		namespace = c.Namespace
	}
	return config, c, types.NamespacedName{Namespace: namespace, Name: name}, nil
}

func (o *options) export(ctx context.Context, s *screen.Screen, service string) error {
	config, c, key, err := o.cluster(service)
	if err != nil {
		return err
	}
	f, err := gather(ctx, c, key)
	if err != nil {
		return err
	}
	p, err := planExport(f, o.annotate)
	if err != nil {
		return exit.Problem(fmt.Errorf("exporting %s from context %q: %w", key, c.Context, err))
	}
	if o.dryRun {
		return o.showPlan(s, f, p)
	}
	begun := time.Now()
	if err := carryOut(ctx, c, f, p); err != nil {
		return err
	}
	s.Printf("exported %s from context %s as %s\n", key, c.Context, f.name())
	for _, note := range p.notes {
		s.Printf("  %s\n", s.Faint(note))
	}
	if !o.wait {
		s.Printf("  %s\n", s.Faint("see what came of it: mcsctl get exports --context "+shell.Word(c.Context)+" -n "+key.Namespace))
		return nil
	}
	return o.waitExported(ctx, s, config, c, f, begun)
}

// showPlan writes what would be written, as objects where they are new and as commands where they are changes.
func (o *options) showPlan(s *screen.Screen, f facts, p plan) error {
	for _, note := range p.notes {
		s.Note("%s", note)
	}
	if p.create {
		content, err := yaml.Marshal(map[string]any{
			"apiVersion": "multicluster.x-k8s.io/v1beta1", "kind": "ServiceExport",
			"metadata": map[string]string{"namespace": f.key.Namespace, "name": f.key.Name},
		})
		if err != nil {
			return fmt.Errorf("writing the ServiceExport: %w", err)
		}
		s.Printf("%s", content)
	}
	at := fmt.Sprintf("kubectl --context %s -n %s", shell.Word(f.context), f.key.Namespace)
	switch p.annotation {
	case setTrue:
		s.Printf("%s annotate service %s %s=true --overwrite\n", at, f.key.Name, annotate.DefaultKey)
	case setFalse:
		s.Printf("%s annotate service %s %s=false --overwrite\n", at, f.key.Name, annotate.DefaultKey)
	case remove:
		s.Printf("%s annotate service %s %s-\n", at, f.key.Name, annotate.DefaultKey)
	}
	if p.delete {
		s.Printf("%s delete serviceexport %s\n", at, f.key.Name)
	}
	return nil
}

// waitExported waits until the export is on the hub and then until each member that can be reached has imported it, and says how
// long each took.
func (o *options) waitExported(ctx context.Context, s *screen.Screen, config *kube.Config, c *kube.Cluster, f facts, begun time.Time) error {
	done := s.Progress("waiting for the controller of " + c.Context)
	defer done()
	var conflict string
	err := until(ctx, o.timeout, func(ctx context.Context) (missing string, err error) {
		missing, conflict, err = exportReady(ctx, c, f)
		return missing, err
	})
	if err != nil {
		return o.problem(ctx, fmt.Errorf("waiting for the export of %s from context %q: %w: see mcsctl why %s --from %s", f.key, c.Context, err, f.name(), shell.Word(c.Context)))
	}
	ready := time.Since(begun)
	done()
	s.Printf("  on the hub after %s\n", milliseconds(ready))
	if conflict != "" {
		s.Printf("  %s\n", s.Warn(conflict))
	}
	return o.waitImported(ctx, s, config, c, f, begun)
}

func (o *options) waitImported(ctx context.Context, s *screen.Screen, config *kube.Config, c *kube.Cluster, f facts, begun time.Time) error {
	self, others, err := places(ctx, config, c)
	if err != nil {
		s.Printf("  %s\n", s.Faint("its imports were not looked for: "+err.Error()))
		return nil
	}
	done := s.Progress("waiting for the members")
	defer done()
	var there, without []string
	err = until(ctx, o.timeout-time.Since(begun), func(ctx context.Context) (string, error) {
		there, without = nil, nil
		var missing []string
		for _, at := range others {
			state, err := importedIn(ctx, at, f, self)
			switch {
			case err != nil:
				return "", err
			case state == imported:
				there = append(there, string(at.id))
			case state == noNamespace:
				without = append(without, at.cluster.Context)
			default:
				missing = append(missing, string(at.id))
			}
		}
		if len(missing) > 0 {
			return "not imported in " + strings.Join(missing, ", "), nil
		}
		return "", nil
	})
	done()
	if err != nil {
		return o.problem(ctx, fmt.Errorf("waiting for the imports of %s: %w: see mcsctl why %s", f.key, err, f.name()))
	}
	s.Printf("  imported in %s after %s\n", strings.Join(there, ", "), milliseconds(time.Since(begun)))
	for _, context := range without {
		s.Printf("  %s\n", s.Warn(fmt.Sprintf("not in %s, which has no namespace %q: kubectl --context %s create namespace %s", context, f.key.Namespace, shell.Word(context), f.key.Namespace)))
	}
	return nil
}

// problem ends the command: interrupted as such, anything else as a problem.
func (o *options) problem(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return exit.Problem(err)
}

// places returns the member that a cluster is, and all members that a context leads to, that one first of none.
func places(ctx context.Context, config *kube.Config, c *kube.Cluster) (mcs.ClusterID, []place, error) {
	set, err := config.Clusterset(ctx)
	if err != nil {
		return "", nil, err
	}
	var self mcs.ClusterID
	var all []place
	for _, m := range set.Members {
		if m.Cluster == nil {
			continue
		}
		all = append(all, place{m.ID, m.Cluster})
		if m.Cluster.Context == c.Context || m.Cluster.REST.Host == c.REST.Host {
			self = m.ID
		}
	}
	if self == "" {
		return "", nil, fmt.Errorf("context %q leads to no member of the clusterset on hub %q", c.Context, set.Hub.Context)
	}
	return self, all, nil
}

func milliseconds(d time.Duration) string { return d.Round(time.Millisecond).String() }
