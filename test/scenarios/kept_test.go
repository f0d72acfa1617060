package scenarios

import (
	"context"
	"errors"
	"fmt"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

// annotatedAgain deletes a Service that was exported by annotation, and with it its ServiceExport, and makes it again.
func annotatedAgain(s *stage) {
	annotate := func(o *offer) { o.service.Annotations = map[string]string{"multicluster.kubernetes.io/export": "true"} }
	o := s.service(a(), "web", annotate)
	shown := func(ctx context.Context, m *clusterset.Member) error { return s.shows(ctx, m, "web", plain("a")) }
	s.everywhere("imported", shown)
	before := s.imports("web")
	s.remove(a(), o.service.DeepCopy())
	s.remove(a(), o.export.DeepCopy()) // The garbage collector does it in its own time, which may be longer than the grace.
	s.eventually("its export is gone as well", func(ctx context.Context) error { return s.absent(ctx, a(), o.export.DeepCopy()) })
	again := o.service.DeepCopy()
	again.ResourceVersion, again.UID, again.Spec.ClusterIP, again.Spec.ClusterIPs = "", "", "", nil
	s.create(a(), again)
	s.everywhere("imported again", shown)
	s.sameImports("web", before)
}

// withoutNamespace exports from a namespace that only its own cluster has.
func withoutNamespace(s *stage) {
	only := &stage{T: s.T, ns: s.ns + "-only"}
	only.create(a(), only.namespace())
	only.offer(a(), "web")
	s.eventually("its own cluster imports it", func(ctx context.Context) error { return only.shows(ctx, a(), "web", plain("a")) })
	s.eventually("an Event names the members without the namespace", func(ctx context.Context) error {
		return only.event(ctx, a(), "web", "NamespaceMissing", "b, c.reg1")
	})
	only.create(b(), only.namespace())
	s.eventually("with the namespace it is imported", func(ctx context.Context) error { return only.shows(ctx, b(), "web", plain("a")) })
}

// selectorOnDerived gives a derived Service a selector while nobody watches, so that the cluster makes a slice for it.
func selectorOnDerived(s *stage) {
	s.offer(a(), "web")
	shown := func(ctx context.Context) error { return s.shows(ctx, b(), "web", plain("a")) }
	s.eventually("imported", shown)
	derived := &corev1.Service{ObjectMeta: s.meta(mcs.DerivedServiceName(s.key("web")))}
	strays := func(ctx context.Context) (int, error) {
		var list discoveryv1.EndpointSliceList
		err := b().Client.List(ctx, &list, client.InNamespace(s.ns), client.MatchingLabels{discoveryv1.LabelServiceName: derived.Name})
		n := 0
		for _, slice := range list.Items {
			if slice.Labels[discoveryv1.LabelManagedBy] != mcs.ManagedBy {
				n++
			}
		}
		return n, err
	}
	s.stop(b())
	s.patch(b(), derived.DeepCopy(), `{"spec":{"selector":{"app":"stray"}}}`)
	s.eventually("the cluster makes a slice for it", func(ctx context.Context) error {
		n, err := strays(ctx)
		if err == nil && n == 0 {
			err = errors.New("there is none yet")
		}
		return err
	})
	s.restart(b())
	s.eventually("the Service has no selector, and only imported slices", func(ctx context.Context) error {
		there := &corev1.Service{}
		if err := b().Client.Get(ctx, client.ObjectKeyFromObject(derived), there); err != nil {
			return err
		}
		n, err := strays(ctx)
		if err == nil && (n > 0 || len(there.Spec.Selector) > 0) {
			err = fmt.Errorf("there are %d slices of the cluster's own, and the selector is %v", n, there.Spec.Selector)
		}
		return errors.Join(err, shown(ctx))
	})
}

// silentOverRestart lets a member fall silent, and then the controller that knows it end.
func silentOverRestart(s *stage) {
	g := s.ghost()
	s.publish(g, "web")
	s.offer(a(), "web")
	uid := s.hubUID()
	s.renew(g, uid)
	s.eventually("imported", func(ctx context.Context) error {
		return errors.Join(s.shows(ctx, b(), "web", plain("a", g.id)), s.ready(ctx, b(), "web", g.id, true))
	})
	s.renew(g, uid)
	s.eventually("it is stale", func(ctx context.Context) error { return s.ready(ctx, b(), "web", g.id, false) })
	s.eventually("and the importer's Lease says so", func(ctx context.Context) error {
		lease := &coordinationv1.Lease{}
		if err := set.Hub.Client.Get(ctx, types.NamespacedName{Namespace: membership.HubNamespace("b"), Name: membership.LeaseName}, lease); err != nil {
			return err
		}
		silences, err := membership.ParseSilences(lease.Annotations[membership.AnnotationSilent])
		if silence := silences[mcs.ClusterID(g.id)]; err == nil && time.Duration(silence.Seconds)*time.Second < staleAfter {
			err = fmt.Errorf("the silences are %v", silences)
		}
		return err
	})
	s.stop(b())
	s.restart(b())
	s.fence("later", b())
	list, err := s.endpointsOf(s.Context(), b(), "web", g.id)
	if err != nil {
		s.Fatal(err)
	}
	for _, e := range list { // It may be forgotten by now.
		if ptr.Deref(e.Conditions.Ready, true) {
			s.Errorf("endpoint %v of the silent member is ready again", e.Addresses)
		}
	}
	s.renew(g, uid)
	s.eventually("heard again, it is ready", func(ctx context.Context) error {
		return errors.Join(s.shows(ctx, b(), "web", plain("a", g.id)), s.ready(ctx, b(), "web", g.id, true))
	})
}
