package hub_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// web returns a full export of the given key.
func web(key types.NamespacedName) mcs.Export {
	return mcs.Export{
		Key:                   key,
		Claimed:               time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Type:                  mcsv1beta1.ClusterSetIP,
		Ports:                 []mcs.Port{{Name: "http", Protocol: corev1.ProtocolTCP, AppProtocol: ptr.To("kubernetes.io/h2c"), Port: 80}},
		IPFamilies:            []corev1.IPFamily{corev1.IPv4Protocol, corev1.IPv6Protocol},
		SessionAffinity:       corev1.ServiceAffinityClientIP,
		AffinityTimeout:       ptr.To(int32(10)),
		InternalTrafficPolicy: ptr.To(corev1.ServiceInternalTrafficPolicyLocal),
		TrafficDistribution:   ptr.To("PreferClose"),
		Labels:                map[string]string{"team": "shop"},
		Annotations:           map[string]string{"example.org/note": "hello"},
		Slices: []mcs.Slice{
			{
				Name: "web-4", AddressType: discoveryv1.AddressTypeIPv4,
				Ports: []mcs.SlicePort{{Name: "http", Protocol: corev1.ProtocolTCP, Port: ptr.To(int32(8080))}},
				Endpoints: []mcs.Endpoint{
					{Addresses: []string{"10.1.0.10"}, Hostname: "web-0", Zone: "z1", Ready: ptr.To(true), Serving: ptr.To(true), Terminating: ptr.To(false)},
					{Addresses: []string{"10.1.0.11"}, Ready: ptr.To(false)},
				},
				Triggered: time.Date(2026, 1, 2, 3, 4, 6, 7000, time.UTC),
			},
			{
				Name: "web-6", AddressType: discoveryv1.AddressTypeIPv6,
				Ports:     []mcs.SlicePort{{Name: "http", Protocol: corev1.ProtocolTCP, Port: ptr.To(int32(8080))}},
				Endpoints: []mcs.Endpoint{{Addresses: []string{"fd10::1"}}},
			},
		},
	}
}

func TestWhatOneMemberPublishesTheOtherReads(t *testing.T) {
	set := newClusterset(t, shared)
	a, b := set.start(t, set.register(t, "a"), options{}), set.start(t, set.register(t, "b"), options{})
	holds(t, "both have read the hub", func() bool { return a.Synced() && b.Synced() })

	key := types.NamespacedName{Namespace: "shop", Name: "web"}
	if err := a.Publish(t.Context(), web(key)); err != nil {
		t.Fatal(err)
	}
	want := web(key)
	want.Cluster = a.id
	holds(t, "b reads the export", func() bool { return len(b.Exports(key)) == 1 && len(b.Exports(key)[0].Slices) == 2 })
	got := b.Exports(key)
	recorded, ok := a.Recorded(key)
	if !ok {
		t.Error("a does not know when its export was recorded")
	}
	want.Recorded = recorded
	if diff := cmp.Diff([]mcs.Export{want}, got); diff != "" {
		t.Errorf("exports differ (-want +got):\n%s", diff)
	}
	if exports := a.Exports(key); len(exports) != 0 {
		t.Errorf("a reads its own export as another's: %v", exports)
	}
}
