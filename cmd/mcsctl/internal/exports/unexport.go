package exports

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/complete"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/shell"
)

// UnexportCommand returns `mcsctl unexport`.
func UnexportCommand() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "unexport SERVICE",
		Short: "Take a Service out of the clusterset",
		Long: `Takes what this cluster exports under the name out of the clusterset. What other members export under it stays.

Whatever exports the Service is undone: a ServiceExport that was written by hand is deleted, the annotation of the Service is
removed, and where the annotation of the namespace exports all its Services, this one is opted out with an annotation of its own.`,
		Example: `  mcsctl unexport checkout -n shop --context east
  mcsctl unexport checkout -n shop --wait
  mcsctl unexport checkout -n shop --dry-run`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.unexport(cmd.Context(), screen.New(cmd), args[0])
		},
	}
	o.register(cmd)
	cmd.ValidArgsFunction = complete.Place{Flags: &o.flags, Context: &o.context, Namespace: &o.namespace}.Exports
	return cmd
}

func (o *options) unexport(ctx context.Context, s *screen.Screen, service string) error {
	config, c, key, err := o.cluster(service)
	if err != nil {
		return err
	}
	f, err := gather(ctx, c, key)
	if err != nil {
		return err
	}
	p, err := planUnexport(f)
	if errors.Is(err, errNotExported) {
		s.Printf("%s is not exported from context %s\n", key, c.Context) // as asked for
		return nil
	}
	if err != nil {
		return err
	}
	if o.dryRun {
		return o.showPlan(s, f, p)
	}
	begun := time.Now()
	if err := carryOut(ctx, c, f, p); err != nil {
		return err
	}
	s.Printf("took %s out of the clusterset from context %s\n", key, c.Context)
	for _, note := range p.notes {
		s.Printf("  %s\n", s.Faint(note))
	}
	if !o.wait {
		return nil
	}
	return o.waitGone(ctx, s, config, c, f, begun)
}

// waitGone waits until the ServiceExport is gone and no member that can be reached lists this cluster any more.
func (o *options) waitGone(ctx context.Context, s *screen.Screen, config *kube.Config, c *kube.Cluster, f facts, begun time.Time) error {
	self, all, err := places(ctx, config, c)
	if err != nil {
		s.Printf("  %s\n", s.Faint("its imports were not looked for: "+err.Error()))
		all = nil
	}
	done := s.Progress("waiting for the members")
	defer done()
	err = until(ctx, o.timeout, func(ctx context.Context) (string, error) {
		var export mcsv1beta1.ServiceExport
		if err := c.Get(ctx, f.key, &export); !apierrors.IsNotFound(err) {
			return "the ServiceExport is still there", err
		}
		var left []string
		for _, at := range all {
			var si mcsv1beta1.ServiceImport
			switch err := at.cluster.Get(ctx, f.key, &si); {
			case apierrors.IsNotFound(err):
			case err != nil:
				return "", fmt.Errorf("reading ServiceImport %s of context %q: %w", f.key, at.cluster.Context, err)
			case slices.ContainsFunc(si.Status.Clusters, func(c mcsv1beta1.ClusterStatus) bool { return c.Cluster == string(self) }):
				left = append(left, string(at.id))
			}
		}
		if len(left) > 0 {
			return "still imported in " + strings.Join(left, ", "), nil
		}
		return "", nil
	})
	done()
	if err != nil {
		return o.problem(ctx, fmt.Errorf("waiting for %s to leave the clusterset: %w: see mcsctl why %s --from %s", f.key, err, f.name(), shell.Word(c.Context)))
	}
	s.Printf("  gone from all members that can be reached after %s\n", milliseconds(time.Since(begun)))
	return nil
}
