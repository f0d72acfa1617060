package join

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/corefile"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/install"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// leaving is one leave on its way.
type leaving struct {
	options  *leaveOptions
	screen   *screen.Screen
	set      *kube.Clusterset // nil where the hub is gone
	member   *kube.Cluster    // nil where the cluster is gone
	id       string
	registry string
}

func (l *leaving) hub() *kube.Cluster {
	if l.set == nil {
		return nil
	}
	return l.set.Hub
}

// plan is what a join may have written, whatever its flags were.
func (l *leaving) plan() (plan, error) {
	return newPlan(settings{id: l.id, registry: l.registry, run: runPods, dns: manifests.DNSBeside})
}

// run takes the cluster out, from the others' point of view first.
func (l *leaving) run(ctx context.Context) error {
	p, err := l.plan()
	if err != nil {
		return err
	}
	begun := time.Now()
	var steps []step
	if l.hub() != nil {
		steps = append(steps,
			step{"hub", "removing the registration", func(ctx context.Context) (string, error) { return l.deregister(ctx, p) }},
			step{"others", "waiting until they drop its endpoints", l.othersDrop},
		)
	}
	if l.member != nil {
		if l.hub() != nil {
			steps = append(steps, step{"member", "waiting until its imports are removed", l.ownImportsGo})
		}
		steps = append(steps, step{"member", "removing what runs in it", func(ctx context.Context) (string, error) { return l.uninstall(ctx, p) }})
	}
	if l.hub() != nil {
		// After the member's own programs, which would log that they are refused.
		steps = append(steps, step{"hub", "removing its place", func(ctx context.Context) (string, error) { return l.removePlace(ctx, p) }})
	}
	if l.member != nil {
		steps = append(steps,
			step{"member", "removing what was imported", l.removeImports},
			step{"member", "removing the definitions", l.removeDefinitions})
	}
	said := map[string][]string{}
	for _, s := range steps {
		done := l.screen.Progress(s.where + ": " + s.what)
		text, err := s.do(ctx)
		done()
		if err != nil {
			l.screen.Note("what was removed stays removed: running the same command again goes on")
			return err
		}
		if text == "" {
			continue
		}
		if said[s.where] = append(said[s.where], text); !l.screen.Structured() {
			l.screen.Printf("%-9s %s\n", s.where, text)
		}
	}
	if l.screen.Structured() {
		return l.screen.Object(map[string]any{"id": l.id, "context": contextOf(l.member), "hub": contextOf(l.hub()), "done": said})
	}
	l.last(p, begun)
	return nil
}

// last says what stays where nobody could look.
func (l *leaving) last(p plan, begun time.Time) {
	if l.hub() == nil {
		l.screen.Printf("left      on the hub, if it comes back: mcsctl leave --cluster-id %s --gone --hub HUB\n", l.id)
	}
	if l.member == nil {
		l.screen.Printf("left      in the cluster, if it comes back: mcsctl leave --context CONTEXT --cluster-id %s --force\n", l.id)
	}
	l.screen.Printf("done      in %s\n", took(begun))
}

// deregister deletes the ClusterProfile. Importers ignore the member from then on.
func (l *leaving) deregister(ctx context.Context, p plan) (string, error) {
	deleted, err := install.Delete(ctx, l.hub(), p.profile)
	if err != nil || deleted == 0 {
		return "", err
	}
	return l.id + " is no longer registered", nil
}

// othersDrop waits until no member at hand has endpoints of the one that leaves.
func (l *leaving) othersDrop(ctx context.Context) (string, error) {
	dropped, unseen := 0, 0
	for _, other := range l.set.Members {
		switch {
		case string(other.ID) == l.id:
			continue
		case other.Cluster == nil:
			unseen++
			continue
		}
		left := 0
		err := l.until(ctx, func(ctx context.Context) (bool, error) {
			var err error
			left, err = count(ctx, other.Cluster, &discoveryv1.EndpointSliceList{}, client.MatchingLabels{
				mcsv1beta1.LabelSourceCluster: l.id, discoveryv1.LabelManagedBy: mcs.ManagedBy,
			})
			return left == 0, err
		})
		switch {
		case errors.Is(err, errStill):
			return "", exit.Problem(fmt.Errorf("member %q still has %d EndpointSlices of %q: is its controller running? see mcsctl status", other.ID, left, l.id))
		case err != nil:
			return "", err
		}
		dropped++
	}
	text := fmt.Sprintf("%d members have none of its endpoints any more", dropped)
	if unseen > 0 {
		text += fmt.Sprintf("; %d could not be looked at, no context leads to them", unseen)
	}
	if dropped+unseen == 0 {
		text = ""
	}
	return text, nil
}

// ownImportsGo gives the member's own controller the time to notice that it has departed, and to say so in the status of its exports. It
// cannot conclude that where it was alone; what it leaves is removed afterwards.
func (l *leaving) ownImportsGo(ctx context.Context) (string, error) {
	if len(l.set.Members) < 2 || !l.running(ctx) {
		return "", nil
	}
	err := l.until(ctx, func(ctx context.Context) (bool, error) {
		for _, kind := range made() {
			if _, exports := kind.list.(*mcsv1beta1.ServiceExportList); exports {
				continue // those of annotations stay as long as it runs
			}
			if left, err := count(ctx, l.member, kind.list, client.MatchingLabels{kind.label: mcs.ManagedBy}); err != nil || left > 0 {
				return false, err
			}
		}
		return true, nil
	})
	if errors.Is(err, errStill) {
		return "its controller has not removed its imports; they are removed now", nil
	}
	return "", err
}

// running says whether the member gave a sign of life that is not old.
func (l *leaving) running(context.Context) bool {
	member, found := l.set.Member(mcs.ClusterID(l.id))
	return found && member.Lease != nil && time.Since(renewed(member.Lease)) < time.Minute
}

// errStill is returned by until when the time is over.
var errStill = errors.New("not yet")

// until looks until done, for as long as the user waits.
func (l *leaving) until(ctx context.Context, done wait.ConditionWithContextFunc) error {
	err := wait.PollUntilContextTimeout(ctx, 200*time.Millisecond, l.options.wait, true, done)
	if wait.Interrupted(err) && ctx.Err() == nil {
		return errStill
	}
	return err
}

// removePlace removes the member's namespace on the hub with its records, its account and its credential.
func (l *leaving) removePlace(ctx context.Context, p plan) (string, error) {
	deleted, err := install.Delete(ctx, l.hub(), append([]*unstructured.Unstructured{p.credential}, p.place...)...)
	if err != nil || deleted == 0 {
		return "", err
	}
	return fmt.Sprintf("namespace %s with its records is being deleted; its account and its credential are gone", p.namespace), nil
}

// uninstall removes the Corefile's block, then what runs, then its accounts and rights, so that nothing writes any more.
func (l *leaving) uninstall(ctx context.Context, p plan) (string, error) {
	patched, err := corefile.Remove(ctx, l.member, corefile.Usual)
	if err != nil {
		return "", err
	}
	objects, err := l.ours(ctx, p)
	if err != nil {
		return "", err
	}
	var workloads, others []*unstructured.Unstructured
	for _, object := range objects {
		if object.GetKind() == "Deployment" {
			workloads = append(workloads, object)
		} else {
			others = append(others, object)
		}
	}
	deleted, err := install.Delete(ctx, l.member, workloads...)
	if err != nil {
		return "", err
	}
	// Its pods end before their permissions do, so that nothing is left half written.
	err = l.until(ctx, func(ctx context.Context) (bool, error) {
		left, err := count(ctx, l.member, &corev1.PodList{}, client.InNamespace(manifests.ControllerNamespace), client.MatchingLabels{"app.kubernetes.io/name": manifests.ControllerDeployment})
		return left == 0, err
	})
	if err != nil && !errors.Is(err, errStill) {
		return "", err
	}
	more, err := install.Delete(ctx, l.member, others...)
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("%d objects removed", deleted+more)
	if patched {
		text += fmt.Sprintf(", and the block in %s", corefile.Usual)
	}
	return text, nil
}
