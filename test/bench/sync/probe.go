package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// exportAnnotation asks for an export.
const exportAnnotation = "multicluster.kubernetes.io/export"

// halves are the two halves of the way from one cluster to another.
type halves struct {
	// toHub is from a change in the member to the sight of its record on the hub, and fromHub from the sight of a record on the hub
	// to that of what the member makes of it.
	toHub, fromHub time.Duration
}

// sample is one service: its export, and then a change of its endpoint.
type sample struct {
	export, change halves
}

// probe is the pair of services that one sample is taken with.
type probe struct {
	near, far types.NamespacedName
	// before and after are the addresses of the only endpoint of both, before and after its change.
	before, after string
}

// newProbe makes the next probe's Service in the member, not yet exported.
func (b *bench) newProbe(ctx context.Context) (probe, error) {
	n := b.probes
	b.probes++
	p := probe{
		near:   types.NamespacedName{Namespace: probeNamespace, Name: fmt.Sprintf("near-%d", n)},
		far:    types.NamespacedName{Namespace: probeNamespace, Name: fmt.Sprintf("far-%d", n)},
		before: addressIn(sampleBlock, 2*n+1),
		after:  addressIn(sampleBlock, 2*n+2),
	}
	meta := metav1.ObjectMeta{Namespace: p.near.Namespace, Name: p.near.Name}
	service := &corev1.Service{ObjectMeta: meta, Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "http", Port: 80}}}}
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta: meta, AddressType: discoveryv1.AddressTypeIPv4,
		Endpoints: []discoveryv1.Endpoint{{Addresses: []string{p.before}}},
		Ports:     []discoveryv1.EndpointPort{{Name: new("http"), Port: new(int32(8080))}},
	}
	slice.Name, slice.Labels = sliceName(p.near.Name), map[string]string{discoveryv1.LabelServiceName: p.near.Name}
	for _, o := range []client.Object{service, slice} {
		if err := b.local.Create(ctx, o); err != nil {
			return probe{}, fmt.Errorf("preparing sample %q: %w", p.near, err)
		}
	}
	return p, nil
}

// take takes one sample.
func (b *bench) take(ctx context.Context) (s sample, err error) {
	p, err := b.newProbe(ctx)
	if err != nil {
		return sample{}, err
	}
	if s.export, err = b.export(ctx, p); err != nil {
		return sample{}, fmt.Errorf("exporting sample %q: %w", p.near, err)
	}
	if s.change.toHub, err = b.changeNear(ctx, p, p.after); err == nil {
		s.change.fromHub, err = b.changeFar(ctx, p, p.after)
	}
	if err != nil {
		return sample{}, fmt.Errorf("changing the endpoint of sample %q: %w", p.near, err)
	}
	return s, nil
}

// export annotates the member's Service, and publishes the simulated member's when the record of the first is on the hub.
func (b *bench) export(ctx context.Context, p probe) (h halves, err error) {
	begun := time.Now()
	service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: p.near.Namespace, Name: p.near.Name}}
	if err := b.local.Patch(ctx, service, mergePatch(`{"metadata":{"annotations":{%q:"true"}}}`, exportAnnotation)); err != nil {
		return halves{}, err
	}
	if h.toHub, err = b.until(ctx, begun, recordSeen(membership.HubNamespace(realID), p.near.Name)); err != nil {
		return halves{}, err
	}
	if err := b.publish(ctx, b.far(), p.far, p.before); err != nil {
		return halves{}, err
	}
	begun, err = b.sights.at(ctx, recordSeen(b.far().namespace, p.far.Name))
	if err != nil {
		return halves{}, err
	}
	h.fromHub, err = b.until(ctx, begun, importSeen(p.far.Name), sliceSeen(p.far.Name, string(b.far().id), p.before))
	return h, err
}

// changeNear changes the address of the member's endpoint and returns how long its record on the hub took. It returns when the member's
// own import has it too.
func (b *bench) changeNear(ctx context.Context, p probe, address string) (time.Duration, error) {
	begun := time.Now()
	slice := &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Namespace: p.near.Namespace, Name: sliceName(p.near.Name)}}
	if err := b.local.Patch(ctx, slice, mergePatch(`{"endpoints":[{"addresses":[%q]}]}`, address)); err != nil {
		return 0, err
	}
	took, err := b.until(ctx, begun, recordSliceSeen(membership.HubNamespace(realID), p.near.Name, address))
	if err != nil {
		return 0, err
	}
	_, err = b.sights.at(ctx, sliceSeen(p.near.Name, realID, address))
	return took, err
}

// changeFar changes the address of the simulated member's endpoint on the hub and returns how long the imported slice took from there.
func (b *bench) changeFar(ctx context.Context, p probe, address string) (time.Duration, error) {
	if err := b.changeRecord(ctx, b.far(), p.far, address); err != nil {
		return 0, err
	}
	begun, err := b.sights.at(ctx, recordSliceSeen(b.far().namespace, p.far.Name, address))
	if err != nil {
		return 0, err
	}
	return b.until(ctx, begun, sliceSeen(p.far.Name, string(b.far().id), address))
}

// changeRecord changes the endpoints of a simulated member's service.
func (b *bench) changeRecord(ctx context.Context, s simulated, key types.NamespacedName, addresses ...string) error {
	before := s.sliceRecord(key)
	before.Name = mcs.RecordSliceName(key, sliceName(key.Name))
	after := s.sliceRecord(key, addresses...)
	if err := b.hub.Patch(ctx, after, client.MergeFrom(before)); err != nil {
		return fmt.Errorf("changing the record of %q: %w", key, err)
	}
	return nil
}

// until is how long it took from a time until all of those things were seen.
func (b *bench) until(ctx context.Context, begun time.Time, keys ...string) (time.Duration, error) {
	var took time.Duration
	for _, key := range keys {
		at, err := b.sights.at(ctx, key)
		if err != nil {
			return 0, err
		}
		took = max(took, at.Sub(begun))
	}
	return took, nil
}

func mergePatch(format string, args ...any) client.Patch {
	return client.RawPatch(types.MergePatchType, fmt.Appendf(nil, format, args...))
}
