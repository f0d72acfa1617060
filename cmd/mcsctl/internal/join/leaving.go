package join

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/corefile"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/install"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/pods"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
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
	dns      []string // addresses of the cluster's only DNS server, where that is ours
}

func (l *leaving) hub() *kube.Cluster {
	if l.set == nil {
		return nil
	}
	return l.set.Hub
}

// plan is what a join may have written, whatever its flags were.
func (l *leaving) plan() (plan, error) {
	s := settings{id: l.id, registry: l.registry, run: runPods, dns: manifests.DNSBeside}
	if l.member != nil {
		s.about = aboutVersion(l.member)
	}
	return newPlan(s)
}

// run takes the cluster out, from the others' point of view first.
func (l *leaving) run(ctx context.Context) error {
	p, err := l.plan()
	if err != nil {
		return err
	}
	begun := time.Now()
	said := map[string][]string{}
	for _, s := range l.steps(p) {
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

// steps are the parts of a leave. The cluster's own statement of its id goes last of what is its own: a leave that is run again after a
// failure finds by it which place on the hub to remove.
func (l *leaving) steps(p plan) []step {
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
			step{"member", "correcting what exports say that stay", l.takeBack},
			step{"member", "removing its statement of the id", func(ctx context.Context) (string, error) { return l.removeStatement(ctx, p) }},
			step{"member", "removing the definitions", l.removeDefinitions},
			step{"member", "waiting until its namespace is gone", func(ctx context.Context) (string, error) { return l.namespacesGo(ctx, l.member, p.base) }},
		)
	}
	if l.hub() != nil {
		steps = append(steps, step{"hub", "waiting until its namespace is gone", func(ctx context.Context) (string, error) { return l.namespacesGo(ctx, l.hub(), p.place) }})
	}
	return steps
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
	if len(l.dns) > 0 {
		l.screen.Printf("next      install a DNS server at %s: context %s has none any more\n", strings.Join(l.dns, " "), l.member.Context)
	}
}

// deregister deletes the ClusterProfile. Importers ignore the member from then on.
func (l *leaving) deregister(ctx context.Context, p plan) (string, error) {
	deleted, err := install.Delete(ctx, l.hub(), p.profile)
	if err != nil || deleted == 0 {
		return "", err
	}
	return l.id + " is no longer registered", nil
}

// removePlace removes the member's namespace on the hub with its records, its account and its credential.
func (l *leaving) removePlace(ctx context.Context, p plan) (string, error) {
	// The last goes first: the credential, so that nothing is written by it any more.
	deleted, err := install.Delete(ctx, l.hub(), append(slices.Clone(p.place), p.credential)...)
	if err != nil || deleted == 0 {
		return "", err
	}
	return fmt.Sprintf("its account, its credential and namespace %s with its records are removed", p.namespace), nil
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
		switch object.GetKind() {
		case "Deployment":
			workloads = append(workloads, object)
		case "ClusterProperty": // has a step of its own
		default:
			others = append(others, object)
		}
	}
	deleted, err := install.Delete(ctx, l.member, workloads...)
	if err != nil {
		return "", err
	}
	// Its pods end before their permissions do, so that nothing is left half written.
	err = until(ctx, l.options.wait, func(ctx context.Context) (bool, error) {
		left, err := count(ctx, l.member, &corev1.PodList{}, client.InNamespace(manifests.ControllerNamespace), client.MatchingLabels(pods.Controller))
		return left == 0, err
	})
	if err != nil && !errors.Is(err, errStill) {
		return "", err
	}
	more, err := install.Delete(ctx, l.member, others...)
	if err != nil {
		return "", err
	}
	var words []string
	if deleted+more > 0 {
		words = append(words, fmt.Sprintf("%d objects removed", deleted+more))
	}
	if patched {
		words = append(words, fmt.Sprintf("the block removed from %s", corefile.Usual))
	}
	return strings.Join(words, ", "), nil
}

// removeStatement removes the cluster's statement of its id, if a join made it.
func (l *leaving) removeStatement(ctx context.Context, p plan) (string, error) {
	objects, err := l.ours(ctx, p)
	if err != nil {
		return "", err
	}
	objects = slices.DeleteFunc(objects, func(o *unstructured.Unstructured) bool { return o.GetKind() != "ClusterProperty" })
	deleted, err := install.Delete(ctx, l.member, objects...)
	if err != nil || deleted == 0 {
		return "", err
	}
	return "its statement of its id removed", nil
}
