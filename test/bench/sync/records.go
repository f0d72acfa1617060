package main

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	hubv1alpha1 "github.com/multicluster-dns/multicluster-dns/controller/hub/api/v1alpha1"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// sliceName is the source name of every simulated slice of a service.
func sliceName(service string) string { return service + "-x1" }

// serviceRecord is the record of one simulated export: a ClusterSetIP service with one port.
func (s simulated) serviceRecord(key types.NamespacedName) *hubv1alpha1.ExportedService {
	return &hubv1alpha1.ExportedService{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: mcs.RecordName(key)},
		Spec: hubv1alpha1.ExportedServiceSpec{
			Namespace: key.Namespace, Name: key.Name,
			Claimed:         metav1.NewTime(time.Now().Truncate(time.Second)),
			Type:            string(mcsv1beta1.ClusterSetIP),
			Ports:           []hubv1alpha1.ExportedPort{{Name: "http", Protocol: corev1.ProtocolTCP, Port: 80}},
			IPFamilies:      []corev1.IPFamily{corev1.IPv4Protocol},
			SessionAffinity: corev1.ServiceAffinityNone,
		},
	}
}

// sliceRecord is the record of the slice of one simulated export.
func (s simulated) sliceRecord(key types.NamespacedName, addresses ...string) *hubv1alpha1.ExportedEndpointSlice {
	return &hubv1alpha1.ExportedEndpointSlice{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: mcs.RecordSliceName(key, sliceName(key.Name))},
		Spec: hubv1alpha1.ExportedEndpointSliceSpec{
			Namespace: key.Namespace, Name: key.Name, Source: sliceName(key.Name), AddressType: discoveryv1.AddressTypeIPv4,
			Ports:     []hubv1alpha1.ExportedSlicePort{{Name: "http", Protocol: corev1.ProtocolTCP, Port: new(int32(8080))}},
			Endpoints: endpointsAt(addresses),
		},
	}
}

func endpointsAt(addresses []string) []hubv1alpha1.ExportedEndpoint {
	var endpoints []hubv1alpha1.ExportedEndpoint
	for _, address := range addresses {
		endpoints = append(endpoints, hubv1alpha1.ExportedEndpoint{
			Addresses: []string{address}, Zone: "zone-a", Ready: new(true), Serving: new(true), Terminating: new(false),
		})
	}
	return endpoints
}

// Blocks of addresses, none of which the lab's own pods have: those of the data set, those its endpoints change to under load, and
// those of the samples.
var (
	bulkBlock   = netip.MustParsePrefix("100.64.0.0/11")
	loadBlock   = netip.MustParsePrefix("100.96.0.0/12")
	sampleBlock = netip.MustParsePrefix("100.112.0.0/12")
)

// addressIn is the n-th address of a block, which begins anew when it is used up.
func addressIn(block netip.Prefix, n int) string {
	octets := block.Addr().As4()
	n %= 1 << (32 - block.Bits())
	for i := range octets {
		octets[i] += byte(n >> (8 * (3 - i)))
	}
	return netip.AddrFrom4(octets).String()
}

// bulkKey is the name of export e of simulated member m.
func bulkKey(m, e int) types.NamespacedName {
	return types.NamespacedName{Namespace: bulkNamespace(e), Name: fmt.Sprintf("%s-svc-%d", simulatedID(m), e)}
}

// bulkAddresses are the endpoints of export e of member m, which no other has.
func (b *bench) bulkAddresses(m, e int) []string {
	var addresses []string
	for i := range b.size.Endpoints {
		addresses = append(addresses, addressIn(bulkBlock, (m*b.size.Exports+e)*b.size.Endpoints+i+1))
	}
	return addresses
}

// writers is how many requests are made at a time where this program writes much.
const writers = 8

// fill makes the simulated members and puts the data set on the hub.
func (b *bench) fill(ctx context.Context, _ *figures) error {
	if err := b.join(ctx); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for m := range b.size.Members {
		for e := range b.size.Exports {
			if ctx.Err() != nil {
				return group.Wait()
			}
			group.Go(func() error { return b.publish(ctx, b.others[m], bulkKey(m, e), b.bulkAddresses(m, e)...) })
		}
	}
	return group.Wait()
}

// publish writes the records of one simulated export in the order in which a member does.
func (b *bench) publish(ctx context.Context, s simulated, key types.NamespacedName, addresses ...string) error {
	if err := b.hub.Create(ctx, s.sliceRecord(key, addresses...)); err != nil {
		return fmt.Errorf("publishing slice of %q: %w", key, err)
	}
	if err := b.hub.Create(ctx, s.serviceRecord(key)); err != nil {
		return fmt.Errorf("publishing %q: %w", key, err)
	}
	return nil
}
