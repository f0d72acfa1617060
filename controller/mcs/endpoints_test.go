package mcs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

func TestMergeSlicePorts(t *testing.T) {
	const exposed = "KEP-1645 Service Port, only endpoints that expose the port"
	// Cluster a is older and exports aPorts; cluster b exports bPorts and has a slice listening on targets.
	tests := []struct {
		name    string
		spec    string
		aPorts  []string
		bPorts  []string
		targets []string
		want    []string
	}{
		{
			"target ports stay as they are", "EndpointSlice API, ports",
			[]string{"http 80/TCP"}, []string{"http 80/TCP"}, []string{"http 8080/TCP example.org/x"}, []string{"http 8080/TCP example.org/x"},
		},
		{
			"an empty protocol is TCP", "EndpointSlice API, ports.protocol default",
			[]string{"http 80/TCP"}, []string{"http 80/"}, []string{"http 8080/"}, []string{"http 8080/TCP"},
		},
		{
			"a port whose name an older export has for another number is left out", exposed,
			[]string{"http 80/TCP"}, []string{"http 8080/TCP"}, []string{"http 8080/TCP"}, nil,
		},
		{
			"a port whose number an older export has under another name gets that name", exposed,
			[]string{"http 80/TCP"}, []string{"web 80/TCP"}, []string{"web 8080/TCP"}, []string{"http 8080/TCP"},
		},
		{
			"numbers that have changed names follow their numbers", exposed,
			[]string{"http 80/TCP", "admin 9090/TCP"}, []string{"admin 80/TCP", "http 9090/TCP"},
			[]string{"admin 8080/TCP", "http 9091/TCP"}, []string{"http 8080/TCP", "admin 9091/TCP"},
		},
		{
			"a name that lost its number keeps it under the name another has for it", exposed,
			[]string{"http 80/TCP", "alt 8080/TCP"}, []string{"http 8080/TCP"}, []string{"http 1234/TCP"}, []string{"alt 1234/TCP"},
		},
		{
			"an unnamed port gets the name of the import", exposed,
			[]string{"http 80/TCP", "admin 9090/TCP"}, []string{"80/TCP"}, []string{"8080/TCP"}, []string{"http 8080/TCP"},
		},
		{
			"a named port loses its name where the import has none", exposed,
			[]string{"80/TCP"}, []string{"http 80/TCP"}, []string{"http 8080/TCP"}, []string{"8080/TCP"},
		},
		{
			"a made name is used in the slice as well", exposed,
			[]string{"http 8080/TCP"}, []string{"80/TCP"}, []string{"80/TCP"}, []string{"tcp-80 80/TCP"},
		},
		{
			"another protocol is another port", exposed,
			[]string{"dns 53/UDP"}, []string{"dns 53/TCP"}, []string{"dns 53/TCP"}, nil,
		},
		{
			"a slice port that the Service does not have is left out", exposed,
			[]string{"http 80/TCP"}, []string{"http 80/TCP"}, []string{"http 8080/TCP", "debug 6060/TCP"}, []string{"http 8080/TCP"},
		},
		{
			"a slice port of the Service's name and another protocol is left out", exposed,
			[]string{"http 80/TCP"}, []string{"http 80/TCP"}, []string{"http 8080/UDP"}, nil,
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			requireSpec(t, tc.spec)
			in := slice("web-x1", "10.2.0.1", tc.targets...)
			imp := mcs.Merge([]mcs.Export{
				exported("a", 1, withPorts(tc.aPorts...)),
				exported("b", 2, withPorts(tc.bPorts...), withSlices(in)),
			})
			in.Ports = slicePorts(tc.want...)
			want := []mcs.ImportedSlice{{Cluster: "b", Slice: in}}
			if diff := cmp.Diff(want, imp.Slices); diff != "" {
				t.Errorf("slices (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMergeKeepsAllEndpoints(t *testing.T) {
	// KEP-1645, "EndpointSlice": each slice has one source cluster and crosses as it is. The order is that of cluster and name, which
	// does not change with precedence.
	full := mcs.Slice{
		Name: "web-b2", AddressType: discoveryv1.AddressTypeIPv6, Ports: slicePorts("http 8080/TCP"), Triggered: minute(9),
		Endpoints: []mcs.Endpoint{
			{Addresses: []string{"2001:db8::1"}, Hostname: "web-0", Zone: "z1", Ready: new(false), Serving: new(true), Terminating: new(true)},
			{Addresses: []string{"2001:db8::2"}},
		},
	}
	empty := mcs.Slice{Name: "web-b1", AddressType: discoveryv1.AddressTypeIPv4}
	duplicate := slice("web-a1", "10.1.0.1", "http 8080/TCP")
	again := slice("web-a2", "10.1.0.1", "http 8080/TCP")
	noNumber := mcs.Slice{
		Name: "web-c1", AddressType: discoveryv1.AddressTypeIPv4,
		Ports: []mcs.SlicePort{{Name: "http", Protocol: corev1.ProtocolTCP}},
	}
	imp := mcs.Merge([]mcs.Export{
		exported("c", 1, withSlices(noNumber)),
		exported("b", 2, withSlices(full, empty)),
		exported("a", 3, withSlices(again, duplicate)),
		exported("d", 4),
	})
	want := []mcs.ImportedSlice{
		{Cluster: "a", Slice: duplicate}, {Cluster: "a", Slice: again},
		{Cluster: "b", Slice: empty}, {Cluster: "b", Slice: full},
		{Cluster: "c", Slice: noNumber},
	}
	if diff := cmp.Diff(want, imp.Slices); diff != "" {
		t.Errorf("slices (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]mcs.ClusterID{"a", "b", "c", "d"}, imp.Clusters); diff != "" {
		t.Errorf("a cluster without endpoints is still one (-want +got):\n%s", diff)
	}
}

func TestMergeChangesNoArgument(t *testing.T) {
	// Exports come out of informer caches, which all readers share.
	build := func() []mcs.Export {
		return []mcs.Export{
			exported("b", 2, withPorts("http 81/", "web 80/TCP"), withSlices(slice("s2", "10.0.0.2", "web 80/"), slice("s1", "10.0.0.1", "http 8/"))),
			exported("a", 1, withPorts("80/"), withLabels("x=1", mcs.Domain+"/y=2"), withSlices(slice("s", "10.0.0.3", "80/"))),
		}
	}
	exports := build()
	imp := mcs.Merge(exports)
	imp.Labels["z"], imp.IPFamilies[0], imp.Ports[0].Port, imp.Slices[0].Ports[0].Name = "1", "x", 1, "y"
	if diff := cmp.Diff(build(), exports); diff != "" {
		t.Errorf("exports after a merge and writes to its result (-want +got):\n%s", diff)
	}
}

func TestHints(t *testing.T) {
	const clause = "KEP-1645 Traffic Distribution"
	zoned := &discoveryv1.EndpointHints{ForZones: []discoveryv1.ForZone{{Name: "z1"}}}
	tests := []struct {
		name         string
		spec         string
		distribution *string
		zone         string
		want         *discoveryv1.EndpointHints
	}{
		{"no preference, no hint", clause, nil, "z1", nil},
		{"PreferClose hints at the endpoint's zone", clause, new("PreferClose"), "z1", zoned},
		{"PreferSameZone hints at the endpoint's zone", clause, new("PreferSameZone"), "z1", zoned},
		{"PreferSameNode is the same zone at best, in another cluster", clause, new("PreferSameNode"), "z1", zoned},
		{"an endpoint without a zone has no hint", clause, new("PreferClose"), "", nil},
		{"a preference that is not known is none", clause, new("example.org/Far"), "z1", nil},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			requireSpec(t, tc.spec)
			imp := mcs.Merge([]mcs.Export{exported("a", 1, func(e *mcs.Export) { e.TrafficDistribution = tc.distribution })})
			if diff := cmp.Diff(tc.want, imp.Hints(mcs.Endpoint{Zone: tc.zone})); diff != "" {
				t.Errorf("hints (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOverlaps(t *testing.T) {
	const clause = "local: overlapping pod networks are reported, never resolved"
	in := func(cluster, name string, addresses ...string) mcs.ImportedSlice {
		s := mcs.ImportedSlice{Cluster: mcs.ClusterID(cluster), Slice: mcs.Slice{Name: name}}
		for _, address := range addresses {
			s.Endpoints = append(s.Endpoints, mcs.Endpoint{Addresses: []string{address}})
		}
		return s
	}
	tests := []struct {
		name   string
		spec   string
		slices []mcs.ImportedSlice
		want   []mcs.Overlap
	}{
		{"no slices", clause, nil, nil},
		{"clusters apart", clause, []mcs.ImportedSlice{in("a", "x", "10.0.0.1"), in("b", "x", "10.1.0.1")}, nil},
		{"one cluster twice is no overlap", clause, []mcs.ImportedSlice{in("a", "x", "10.0.0.1"), in("a", "y", "10.0.0.1")}, nil},
		{
			"one address in three clusters and another in two", clause,
			[]mcs.ImportedSlice{in("c", "x", "10.0.0.9", "10.0.0.1"), in("b", "x", "10.0.0.1", "10.0.0.2"), in("a", "x", "10.0.0.1", "10.0.0.9")},
			[]mcs.Overlap{
				{Address: "10.0.0.1", Clusters: []mcs.ClusterID{"a", "b", "c"}},
				{Address: "10.0.0.9", Clusters: []mcs.ClusterID{"a", "c"}},
			},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			requireSpec(t, tc.spec)
			if diff := cmp.Diff(tc.want, mcs.Overlaps(tc.slices)); diff != "" {
				t.Errorf("overlaps (-want +got):\n%s", diff)
			}
		})
	}
}
