package mcs_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"pgregory.net/rapid"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/internal/hostile"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

func TestMergeIgnoresOrderAndRepetition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		exports := hostile.Sanitized.Draw(t, "exports")
		want := mcs.Merge(exports)
		shuffled := rapid.Permutation(slices.Concat(exports, exports)).Draw(t, "shuffled twice")
		if diff := cmp.Diff(want, mcs.Merge(shuffled)); diff != "" {
			t.Fatalf("merge of the same exports (-want +got):\n%s", diff)
		}
	})
}

func TestMergeOfAMergeIsTheMerge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := mcs.Merge(hostile.Sanitized.Draw(t, "exports"))
		if !first.Exists() {
			t.Skip("nothing is exported")
		}
		// One cluster that exports just what the import says, endpoints included, yields the same import from that cluster.
		again := mcs.Export{
			Cluster: "all", Key: first.Key, Type: first.Type, Ports: first.Ports, IPFamilies: first.IPFamilies,
			SessionAffinity: first.SessionAffinity, AffinityTimeout: first.AffinityTimeout,
			InternalTrafficPolicy: first.InternalTrafficPolicy, TrafficDistribution: first.TrafficDistribution,
			Labels: first.Labels, Annotations: first.Annotations,
		}
		want := first
		want.Clusters, want.Conflicts, want.Slices = []mcs.ClusterID{"all"}, nil, nil
		for i, s := range first.Slices {
			s.Name = fmt.Sprintf("slice-%04d", i)
			again.Slices = append(again.Slices, s.Slice)
			want.Slices = append(want.Slices, mcs.ImportedSlice{Cluster: "all", Slice: s.Slice})
		}
		clean, rejected, err := mcs.Sanitize(again)
		if err != nil || len(rejected) > 0 {
			t.Fatalf("an import is no export: rejected %v, error %v", rejected, err)
		}
		if diff := cmp.Diff(want, mcs.Merge([]mcs.Export{clean})); diff != "" {
			t.Fatalf("import (-want +got):\n%s", diff)
		}
	})
}

func TestMergedPortsMakeAService(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if err := portsMakeAService(mcs.Merge(hostile.Sanitized.Draw(t, "exports"))); err != nil {
			t.Fatal(err)
		}
	})
}

// portsMakeAService says what a Service with the ports of an import would be refused for (Service API, "ports"; KEP-1645, "Service
// Port"): names are labels, unique, and absent only from a port that is alone; numbers exist, and are unique for a protocol. Slices
// expose none but these.
func portsMakeAService(imp mcs.Import) error {
	if imp.Exists() && imp.Ports == nil {
		return errors.New("ports are null")
	}
	names, numbers := map[string]bool{}, map[dialled]bool{}
	for _, p := range imp.Ports {
		number := dialled{p.Protocol, p.Port}
		switch {
		case p.Name == "" && len(imp.Ports) > 1:
			return fmt.Errorf("one of %v has no name", imp.Ports)
		case p.Name != "" && len(validation.IsDNS1123Label(p.Name)) > 0:
			return fmt.Errorf("port name %q is no label", p.Name)
		case len(validation.IsValidPortNum(int(p.Port))) > 0:
			return fmt.Errorf("port number %d is none", p.Port)
		case p.AppProtocol != nil && len(validation.IsQualifiedName(*p.AppProtocol)) > 0:
			return fmt.Errorf("application protocol %q is none", *p.AppProtocol)
		case !slices.Contains([]corev1.Protocol{corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP}, p.Protocol):
			return fmt.Errorf("protocol %q is none", p.Protocol)
		case names[p.Name] || numbers[number]:
			return fmt.Errorf("name or number of %v is there twice in %v", p, imp.Ports)
		}
		names[p.Name], numbers[number] = true, true
	}
	for _, s := range imp.Slices {
		seen := map[string]bool{}
		for _, p := range s.Ports {
			switch {
			case seen[p.Name]:
				return fmt.Errorf("slice %s of %s has port %q twice", s.Name, s.Cluster, p.Name)
			case !names[p.Name]:
				return fmt.Errorf("slice %s of %s exposes %q, which the import has not", s.Name, s.Cluster, p.Name)
			}
			seen[p.Name] = true
		}
	}
	return nil
}

// dialled is a port by what clients dial.
type dialled struct {
	protocol corev1.Protocol
	port     int32
}

func TestMergeLosesPortsOnlyByName(t *testing.T) {
	// KEP-1645, "Service Port": of two numbers under one name the older's stands. Nothing else ever takes a port from the union.
	rapid.Check(t, func(t *rapid.T) {
		exports := hostile.Sanitized.Draw(t, "exports")
		imp := mcs.Merge(exports)
		has := map[dialled]bool{}
		for _, p := range imp.Ports {
			has[dialled{p.Protocol, p.Port}] = true
		}
		for _, e := range exports {
			if e.Invalid != "" {
				continue
			}
			for _, p := range e.Ports {
				if !has[dialled{p.Protocol, p.Port}] && !olderHasName(exports, e, p) {
					t.Fatalf("port %v of %s is not in %v, and its name is nobody's", p, e.Cluster, imp.Ports)
				}
			}
		}
	})
}

// olderHasName reports whether an export that comes before e has another number under the name of p.
func olderHasName(exports []mcs.Export, e mcs.Export, p mcs.Port) bool {
	return slices.ContainsFunc(exports, func(older mcs.Export) bool {
		return older.Invalid == "" && mcs.Precedence(older, e) < 0 && slices.ContainsFunc(older.Ports, func(q mcs.Port) bool {
			return q.Name == p.Name && (q.Port != p.Port || q.Protocol != p.Protocol)
		})
	})
}

func TestAnExportTakesNoEndpointsFromAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		exports := hostile.Sanitized.Draw(t, "exports")
		newcomer, _, err := mcs.Sanitize(hostile.Export("new").Draw(t, "newcomer"))
		if err != nil {
			t.Skip("the newcomer is refused")
		}
		before, after := mcs.Merge(exports), mcs.Merge(append(slices.Clip(exports), newcomer))
		after.Slices = slices.DeleteFunc(after.Slices, func(s mcs.ImportedSlice) bool { return s.Cluster == "new" })
		if len(before.Slices) != len(after.Slices) {
			t.Fatalf("%d slices before, %d after", len(before.Slices), len(after.Slices))
		}
		for i, s := range before.Slices {
			now := after.Slices[i]
			for _, d := range exposed(s, before.Ports) {
				if slices.Contains(exposed(now, after.Ports), d) {
					continue
				}
				if slices.ContainsFunc(after.Ports, func(p mcs.Port) bool { return p.Port == d.port && p.Protocol == d.protocol }) {
					t.Fatalf("slice %s of %s exposes %v no more, though the import has it", s.Name, s.Cluster, d)
				}
			}
			s.Ports, now.Ports = nil, nil
			if diff := cmp.Diff(s, now); diff != "" {
				t.Fatalf("slice (-before +after):\n%s", diff)
			}
		}
	})
}

// exposed returns what can be dialled to reach the endpoints of a slice.
func exposed(s mcs.ImportedSlice, ports []mcs.Port) []dialled {
	var list []dialled
	for _, sp := range s.Ports {
		for _, p := range ports {
			if p.Name == sp.Name {
				list = append(list, dialled{p.Protocol, p.Port})
			}
		}
	}
	return list
}

func TestSanitizingTwiceIsSanitizingOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once, _, err := mcs.Sanitize(hostile.Export("a").Draw(t, "export"))
		if err != nil {
			t.Skip("the export is refused")
		}
		twice, rejected, err := mcs.Sanitize(once)
		if err != nil || len(rejected) > 0 {
			t.Fatalf("rejected %v, error %v", rejected, err)
		}
		if diff := cmp.Diff(once, twice); diff != "" {
			t.Fatalf("export (-once +twice):\n%s", diff)
		}
	})
}

// requireUsable fails if an export that Sanitize let pass holds what no importer could write or serve.
func requireUsable(t *testing.T, e mcs.Export) {
	t.Helper()
	for _, s := range e.Slices {
		if len(validation.IsDNS1123Subdomain(s.Name)) > 0 {
			t.Errorf("slice name %q is none", s.Name)
		}
		for _, endpoint := range s.Endpoints {
			if len(endpoint.Addresses) == 0 {
				t.Errorf("an endpoint of slice %q has no address", s.Name)
			}
			for _, text := range endpoint.Addresses {
				address, err := netip.ParseAddr(text)
				if err != nil || address.String() != text || !address.IsGlobalUnicast() || address.Is4In6() || address.Zone() != "" ||
					address.Is4() != (s.AddressType == "IPv4") {
					t.Errorf("address %q of type %s is unusable: %v", text, s.AddressType, err)
				}
			}
			if endpoint.Hostname != "" && len(validation.IsDNS1123Label(endpoint.Hostname)) > 0 {
				t.Errorf("hostname %q is no label", endpoint.Hostname)
			}
			if len(validation.IsValidLabelValue(endpoint.Zone)) > 0 {
				t.Errorf("zone %q cannot be hinted at", endpoint.Zone)
			}
		}
	}
	for key, value := range e.Labels {
		if mcs.ReservedKey(key) || len(validation.IsQualifiedName(key)) > 0 || len(validation.IsValidLabelValue(value)) > 0 {
			t.Errorf("label %q=%q is none", key, value)
		}
	}
}

// FuzzSanitize holds that whatever is read, Sanitize ends, keeps nothing that is unusable, and has nothing to say about its own
// result.
func FuzzSanitize(f *testing.F) {
	f.Add("east", "shop", "web", "ClusterSetIP", "IPv4", "http", "TCP", int32(80), "web-1", "IPv4", "10.0.0.1", "web-0", "z1", "team", "shop")
	f.Add("a.reg1", "shop", "web", "Headless", "IPv6", "", "", int32(0), "web-1", "IPv6", "2001:DB8::1", "Web", "z 1", mcs.Domain+"/x", "")
	f.Add("", "", "", "", "", "", "", int32(-1), "", "", "", "", "", "", "")
	f.Add("east", "shop", "derived-"+mcs.Hash("x"), "Headless", "IPv4", "a.b", "QUIC", int32(65536), "W", "FQDN", "fe80::1%eth0", "-", "\x00", "\xff", "\n")
	f.Add("east", "shop", "web", "Headless", "IPv4", "p", "UDP", int32(53), "web-1", "IPv4", "::ffff:10.0.0.1", "", "", "k", "v")
	f.Fuzz(func(t *testing.T, cluster, namespace, name, kind, family, portName, protocol string, number int32,
		sliceName, addressType, address, hostname, zone, key, value string,
	) {
		e := exported(cluster, 1)
		e.Key.Namespace, e.Key.Name = namespace, name
		e.Type, e.IPFamilies = mcsv1beta1.ServiceImportType(kind), []corev1.IPFamily{corev1.IPFamily(family)}
		e.Ports = []mcs.Port{{Name: portName, Protocol: corev1.Protocol(protocol), Port: number}, {Name: "fixed", Port: 81}}
		e.TrafficDistribution, e.SessionAffinity = &value, corev1.ServiceAffinity(value)
		e.Labels, e.Annotations = map[string]string{key: value}, map[string]string{key: value}
		s := slice(sliceName, address)
		s.AddressType = discoveryv1.AddressType(addressType)
		s.Ports = []mcs.SlicePort{{Name: portName, Protocol: corev1.Protocol(protocol), Port: &number}}
		s.Endpoints[0].Hostname, s.Endpoints[0].Zone = hostname, zone
		e.Slices = []mcs.Slice{s}

		once, rejected, err := mcs.Sanitize(e)
		for _, r := range rejected {
			if len(r.Detail) > 4096 {
				t.Errorf("the detail of a rejection has %d characters", len(r.Detail))
			}
		}
		if err != nil {
			return
		}
		requireUsable(t, once)
		twice, again, err := mcs.Sanitize(once)
		if err != nil || len(again) > 0 {
			t.Errorf("rejected %v, error %v", again, err)
		}
		if diff := cmp.Diff(once, twice); diff != "" {
			t.Errorf("export (-once +twice):\n%s", diff)
		}
	})
}
