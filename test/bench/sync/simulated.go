package main

import (
	"context"
	"fmt"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
	"github.com/multicluster-dns/multicluster-dns/manifests"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

// simulated is a member that exists on the hub only.
type simulated struct {
	id        mcs.ClusterID
	namespace string // on the hub
}

// simulatedID is the id of the i-th simulated member. The last one, after those of the data set, is for samples.
func simulatedID(i int) string { return fmt.Sprintf("far-%03d", i) }

// far is the simulated member that the samples come from.
func (b *bench) far() simulated { return b.others[len(b.others)-1] }

// join registers the simulated members on the hub, with Leases that are renewed until ctx ends and say that all is published.
func (b *bench) join(ctx context.Context) error {
	var system corev1.Namespace
	if err := b.hub.Get(ctx, types.NamespacedName{Name: metav1.NamespaceSystem}, &system); err != nil {
		return fmt.Errorf("reading which hub this is: %w", err)
	}
	mark := membership.Mark{Hub: string(system.UID), Sequence: 1}
	for i := range b.size.Members + 1 {
		registration, err := manifests.Member(simulatedID(i), clusterset.Namespace)
		if err != nil {
			return err
		}
		if err := manifests.Apply(ctx, b.hub, registration.Objects...); err != nil {
			return err
		}
		s := simulated{id: mcs.ClusterID(simulatedID(i)), namespace: registration.Namespace}
		if err := b.hub.Create(ctx, s.lease(mark, time.Now())); err != nil {
			return fmt.Errorf("creating the Lease of member %q: %w", s.id, err)
		}
		b.others = append(b.others, s)
	}
	go b.renew(ctx)
	return nil
}

func (s simulated) lease(mark membership.Mark, now time.Time) *coordinationv1.Lease {
	return &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: s.namespace, Name: membership.LeaseName,
			Annotations: map[string]string{membership.AnnotationPublished: mark.String()},
		},
		Spec: coordinationv1.LeaseSpec{
			HolderIdentity:       new("simulated " + string(s.id)),
			LeaseDurationSeconds: new(int32(4 * membership.RenewInterval / time.Second)),
			RenewTime:            new(metav1.NewMicroTime(now)),
		},
	}
}

// renew renews the simulated members' Leases as their controllers would, one after the other. A renewal that fails is made up by the
// next, as it is in a member.
func (b *bench) renew(ctx context.Context) {
	for pause(ctx, membership.RenewInterval) == nil {
		for _, s := range b.others {
			lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: membership.LeaseName}}
			now := metav1.NewMicroTime(time.Now())
			patch := fmt.Appendf(nil, `{"spec":{"renewTime":%q}}`, now.UTC().Format(metav1.RFC3339Micro))
			_ = b.hub.Patch(ctx, lease, client.RawPatch(types.MergePatchType, patch))
		}
	}
}
