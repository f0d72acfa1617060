package hostile

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// The generators draw from few values, so that names, numbers and addresses meet often. Hostile ones are among them.
var (
	portNames    = rapid.SampledFrom([]string{"", "http", "web", "admin", "tcp-80", "tcp-80-2", "udp-53", "HTTP", "a.b"})
	protocols    = rapid.SampledFrom([]corev1.Protocol{"", corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP, "QUIC", "tcp"})
	numbers      = rapid.SampledFrom([]int32{80, 81, 53, 8080, 65535, 0, -1, 65536})
	protocolsA   = rapid.SampledFrom([]*string{nil, new(""), new("http"), new("kubernetes.io/h2c"), new("a/b/c")})
	serviceTypes = rapid.SampledFrom([]mcsv1beta1.ServiceImportType{mcsv1beta1.ClusterSetIP, mcsv1beta1.ClusterSetIP, mcsv1beta1.Headless})
	families     = rapid.SampledFrom([]corev1.IPFamily{corev1.IPv4Protocol, corev1.IPv6Protocol, "IPX"})
	affinities   = rapid.SampledFrom([]corev1.ServiceAffinity{"", corev1.ServiceAffinityNone, corev1.ServiceAffinityClientIP, "Cookie"})
	timeouts     = rapid.SampledFrom([]*int32{nil, new(int32(10)), new(int32(10800)), new(int32(0)), new(int32(86401))})
	policies     = rapid.SampledFrom([]*corev1.ServiceInternalTrafficPolicy{nil,
		new(corev1.ServiceInternalTrafficPolicyCluster), new(corev1.ServiceInternalTrafficPolicyLocal), new(corev1.ServiceInternalTrafficPolicy("Node"))})
	distributions = rapid.SampledFrom([]*string{nil, new("PreferClose"), new("PreferSameZone"), new("PreferSameNode"), new("as you like")})
	invalidities  = rapid.SampledFrom([]string{"", "", "", "", "NoService", "no reason!"})
	kinds         = rapid.SampledFrom([]discoveryv1.AddressType{
		discoveryv1.AddressTypeIPv4, discoveryv1.AddressTypeIPv4, discoveryv1.AddressTypeIPv6, discoveryv1.AddressTypeFQDN})
	sliceNames = rapid.SampledFrom([]string{"web-1", "web-2", "web-3", "Web", ""})
	addresses  = rapid.SampledFrom([]string{"10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:DB8::1", "127.0.0.1", "::ffff:10.0.0.1", "None", ""})
	hostnames  = rapid.SampledFrom([]string{"", "web-0", "Web_0"})
	zones      = rapid.SampledFrom([]string{"", "z1", "zone one"})
	booleans   = rapid.SampledFrom([]*bool{nil, new(true), new(false)})
	keys       = rapid.SampledFrom([]string{"team", "example.org/x", mcs.LabelManagedBy, mcs.Domain + "/x", "no key", ""})
	values     = rapid.SampledFrom([]string{"", "a", "b", "no label value"})
	minutes    = rapid.SampledFrom([]int{0, 1, 2, 3, 30})
)

// Key is what all exports that are drawn are of.
var Key = types.NamespacedName{Namespace: "shop", Name: "web"}

func minute(n int) time.Time { return time.Date(2026, time.May, 1, 12, n, 0, 0, time.UTC) }

// Export draws an export of [Key] by a cluster as it might be read from anywhere.
func Export(cluster string) *rapid.Generator[mcs.Export] {
	return rapid.Custom(func(t *rapid.T) mcs.Export {
		e := mcs.Export{
			Cluster:               mcs.ClusterID(cluster),
			Key:                   Key,
			Invalid:               invalidities.Draw(t, "invalid"),
			Claimed:               minute(minutes.Draw(t, "claimed")),
			Type:                  serviceTypes.Draw(t, "type"),
			Ports:                 rapid.SliceOfN(rapid.Custom(anyPort), 0, 4).Draw(t, "ports"),
			IPFamilies:            rapid.SliceOfN(families, 1, 3).Draw(t, "families"),
			SessionAffinity:       affinities.Draw(t, "affinity"),
			AffinityTimeout:       timeouts.Draw(t, "timeout"),
			InternalTrafficPolicy: policies.Draw(t, "policy"),
			TrafficDistribution:   distributions.Draw(t, "distribution"),
			Labels:                rapid.MapOfN(keys, values, 0, 3).Draw(t, "labels"),
			Annotations:           rapid.MapOfN(keys, values, 0, 3).Draw(t, "annotations"),
			Slices:                rapid.SliceOfN(rapid.Custom(anySlice), 0, 3).Draw(t, "slices"),
		}
		if rapid.Bool().Draw(t, "published") {
			e.Recorded = minute(minutes.Draw(t, "recorded"))
		}
		return e
	})
}

func anyPort(t *rapid.T) mcs.Port {
	return mcs.Port{
		Name: portNames.Draw(t, "name"), Protocol: protocols.Draw(t, "protocol"), AppProtocol: protocolsA.Draw(t, "appProtocol"),
		Port: numbers.Draw(t, "port"),
	}
}

func anySlice(t *rapid.T) mcs.Slice {
	s := mcs.Slice{Name: sliceNames.Draw(t, "name"), AddressType: kinds.Draw(t, "kind")}
	for _, p := range rapid.SliceOfN(rapid.Custom(anyPort), 0, 3).Draw(t, "ports") {
		s.Ports = append(s.Ports, mcs.SlicePort{Name: p.Name, Protocol: p.Protocol, AppProtocol: p.AppProtocol, Port: &p.Port})
	}
	s.Endpoints = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) mcs.Endpoint {
		return mcs.Endpoint{
			Addresses: rapid.SliceOfN(addresses, 0, 3).Draw(t, "addresses"),
			Hostname:  hostnames.Draw(t, "hostname"), Zone: zones.Draw(t, "zone"),
			Ready: booleans.Draw(t, "ready"), Serving: booleans.Draw(t, "serving"), Terminating: booleans.Draw(t, "terminating"),
		}
	}), 0, 3).Draw(t, "endpoints")
	return s
}

// Sanitized draws the exports of up to five clusters, one each, as they come out of [mcs.Sanitize].
var Sanitized = rapid.Custom(func(t *rapid.T) []mcs.Export {
	var exports []mcs.Export
	for i := range rapid.IntRange(0, 5).Draw(t, "clusters") {
		e, _, err := mcs.Sanitize(Export(fmt.Sprintf("c%d", i)).Draw(t, "export"))
		if err == nil {
			exports = append(exports, e)
		}
	}
	return exports
})
