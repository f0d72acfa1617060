package multicluster

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// What hostile and ordinary objects draw from. Few values, so that they collide.
var (
	someNames     = rapid.SampledFrom([]string{"web", "db", "bystander", "a.b", "", "WEB", "-x", "_tcp", "svc", "dns", "x\\", "\x00", "ns.dns"})
	someClusters  = rapid.SampledFrom([]string{"ca", "CA", "cb", "c.reg", "reg", "a.b.c", "", ".", "a..b", "_tcp", "svc", "*"})
	someHosts     = rapid.SampledFrom([]string{"", "web-0", "WEB-0", "c", "10-0-0-1", "a.b", "*", "_http", "-", "\\", "é", "ca"})
	someAddresses = rapid.SampledFrom([]string{"10.0.0.1", "10.0.0.2", "2001:db8::", "::1", "::", "None", "", "::ffff:10.0.0.1", "fe80::1%eth0", "10.0.0.01", "example.org"})
	somePortNames = rapid.SampledFrom([]string{"", "http", "HTTP", "dns", "a.b", "_x", "-", "*"})
	someProtocols = rapid.SampledFrom([]corev1.Protocol{"", "TCP", "UDP", "SCTP", "tcp", "QUIC"})
	someNumbers   = rapid.SampledFrom([]int32{80, 443, 0, -1, 65535, 65536})
)

func anyImport(t *rapid.T) *mcsv1beta1.ServiceImport {
	o := &mcsv1beta1.ServiceImport{ObjectMeta: metav1.ObjectMeta{Namespace: someNames.Draw(t, "namespace"), Name: someNames.Draw(t, "name")}}
	o.Spec.Type = rapid.SampledFrom([]mcsv1beta1.ServiceImportType{"ClusterSetIP", "Headless", "Headless", "", "Other"}).Draw(t, "type")
	o.Spec.IPs = rapid.SliceOfN(someAddresses, 0, 3).Draw(t, "ips")
	for range rapid.IntRange(0, 4).Draw(t, "ports") {
		o.Spec.Ports = append(o.Spec.Ports, mcsv1beta1.ServicePort{
			Name: somePortNames.Draw(t, "port"), Protocol: someProtocols.Draw(t, "protocol"), Port: someNumbers.Draw(t, "number"),
		})
	}
	return o
}

func anySlice(t *rapid.T) *discoveryv1.EndpointSlice {
	o := &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{
		Namespace: someNames.Draw(t, "namespace"), Name: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "slice"),
		Labels: map[string]string{
			mcsv1beta1.LabelServiceName: someNames.Draw(t, "service"), mcsv1beta1.LabelSourceCluster: someClusters.Draw(t, "cluster"),
		},
	}}
	o.AddressType = rapid.SampledFrom([]discoveryv1.AddressType{"IPv4", "IPv6", "FQDN", ""}).Draw(t, "family")
	for range rapid.IntRange(0, 3).Draw(t, "ports") {
		name, protocol, number := somePortNames.Draw(t, "port"), someProtocols.Draw(t, "protocol"), someNumbers.Draw(t, "number")
		p := discoveryv1.EndpointPort{Name: &name, Protocol: &protocol, Port: &number}
		if rapid.Bool().Draw(t, "bare") {
			p = discoveryv1.EndpointPort{}
		}
		o.Ports = append(o.Ports, p)
	}
	for range rapid.IntRange(0, 4).Draw(t, "endpoints") {
		host, ready := someHosts.Draw(t, "host"), rapid.Bool().Draw(t, "ready")
		e := discoveryv1.Endpoint{Addresses: rapid.SliceOfN(someAddresses, 0, 3).Draw(t, "addresses"), Hostname: &host}
		if rapid.Bool().Draw(t, "conditions") {
			e.Conditions.Ready = &ready
		}
		o.Endpoints = append(o.Endpoints, e)
	}
	return o
}

// A property: whatever objects arrive, and in whatever order they come, change
// and go, the zone is consistent, the same as if the last of them had been listed
// at once, and nothing of a service that is gone stays.
func TestAnyObjectsMakeAConsistentZone(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := newTestHandler(t, "multicluster clusterset.local")
		f := publish(t, m, nil)
		imports, slicesStore := f.importStore(""), f.sliceStore("")
		liveImports, liveSlices := make(map[objectKey]any), make(map[objectKey]any)
		for range rapid.IntRange(1, 12).Draw(r, "events") {
			i, s := anyImport(r), anySlice(r)
			ik, sk := objectKey{i.Namespace, i.Name}, objectKey{s.Namespace, s.Name}
			switch rapid.IntRange(0, 5).Draw(r, "event") {
			case 0, 1:
				check(t, imports.Update(i))
				liveImports[ik] = i
			case 2, 3:
				check(t, slicesStore.Update(s))
				liveSlices[sk] = s
			case 4:
				check(t, imports.Delete(i))
				delete(liveImports, ik)
			case 5:
				check(t, slicesStore.Delete(s))
				delete(liveSlices, sk)
			}
		}
		checkZone(t, m)
		fresh := newTestHandler(t, "multicluster clusterset.local")
		g := newFeed(fresh.zones, &fresh.current, map[string]int{importsResource: 1, slicesResource: 1})
		check(t, g.importStore("").Replace(values(liveImports), ""))
		check(t, g.sliceStore("").Replace(values(liveSlices), ""))
		if diff := cmp.Diff(zoneOf(t, fresh), zoneOf(t, m)); diff != "" {
			t.Fatalf("zone (-listed +followed):\n%s", diff)
		}
		if diff := cmp.Diff(namespacesOf(g), namespacesOf(f)); diff != "" {
			t.Fatalf("namespaces (-listed +followed):\n%s", diff)
		}
		if len(f.index) != len(g.index) {
			t.Fatalf("%d slices remembered, want %d", len(f.index), len(g.index))
		}
	})
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func values(objects map[objectKey]any) []any {
	var all []any
	for _, o := range objects {
		all = append(all, o)
	}
	return all
}

func namespacesOf(f *feed) map[string]int {
	counts := make(map[string]int)
	for svc := range f.state.services.all() {
		if svc.exists() {
			counts[svc.namespace()], _ = f.state.namespaces.get(svc.namespace())
		}
	}
	return counts
}

// Spec: multicluster DNS specification 2.4.1: a subset has the same endpoints in A
// and AAAA. A property over services with any mixture of families.
func TestSubsetKeepsEndpointsWhole(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		limit := rapid.IntRange(1, 8).Draw(r, "limit")
		v4, v6 := &slice{name: "4", cluster: "ca"}, &slice{name: "6", cluster: "ca", ipv6: true}
		has4, has6 := make(map[string]netip.Addr), make(map[string]netip.Addr)
		for i := range rapid.IntRange(1, 12).Draw(r, "hosts") {
			host := fmt.Sprint("h", i)
			families := rapid.IntRange(1, 3).Draw(r, "families")
			if families&1 != 0 {
				has4[host] = netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})
				v4.packed += string(has4[host].AsSlice())
				v4.hosts = append(v4.hosts, host)
			}
			if families&2 != 0 {
				has6[host] = netip.AddrFrom16([16]byte{0x20, 1, 15: byte(i)})
				v6.packed += string(has6[host].AsSlice())
				v6.hosts = append(v6.hosts, host)
			}
		}
		svc := newService("web.test", &imported{valid: true, headless: true}, []*slice{v4, v6})
		chosen := subset(svc, limit)
		if again := subset(svc, limit); !slices.Equal(chosen, again) {
			t.Fatalf("%v and then %v", chosen, again)
		}
		n4, n6 := 0, 0
		for _, a := range chosen {
			if a.Is4() {
				n4++
			} else {
				n6++
			}
		}
		if n4 > limit || n6 > limit {
			t.Fatalf("%d and %d addresses for a limit of %d", n4, n6, limit)
		}
		if n4 < min(limit, len(has4)) && n6 < min(limit, len(has6)) {
			t.Fatalf("%d and %d addresses of %d and %d for a limit of %d", n4, n6, len(has4), len(has6), limit)
		}
		if (n4 == 0) != (len(has4) == 0) || (n6 == 0) != (len(has6) == 0) {
			t.Fatalf("a family with endpoints is empty: %v", chosen)
		}
		for host, a4 := range has4 {
			if a6, dual := has6[host]; dual && slices.Contains(chosen, a4) != slices.Contains(chosen, a6) {
				t.Fatalf("host %s is in one family only: %v", host, chosen)
			}
		}
	})
}

// A property: hosts are found as they are listed. Every name that a few labels
// can form below a headless service exists exactly if a list of all its hosts
// says so, and has the addresses of that list.
func TestHostsAreFoundAsTheyAreListed(t *testing.T) {
	labels := rapid.SampledFrom([]string{"", "web-0", "web-1", "c", "10-0-0-1", "10-0-0-2", "2001-db8--0", "-", "reg"})
	clusters := rapid.SampledFrom([]string{"ca", "cb", "c.reg", "reg"})
	v4 := rapid.SampledFrom([]string{"10.0.0.1", "10.0.0.2", "10.0.0.3"})
	v6 := rapid.SampledFrom([]string{"2001:db8::", "2001:db8::1", "::1"})
	rapid.Check(t, func(r *rapid.T) {
		m := newTestHandler(t, "multicluster clusterset.local")
		f := publish(t, m, nil)
		check(t, f.importStore("").Update(headlessImport("test", "web")))
		listed := make(map[string]map[netip.Addr]bool)
		for i := range rapid.IntRange(1, 6).Draw(r, "slices") {
			o := endpointSlice("test", "web", 0, 0)
			o.Name = fmt.Sprint("slice-", i)
			o.AddressType = rapid.SampledFrom([]discoveryv1.AddressType{"IPv4", "IPv6"}).Draw(r, "family")
			cluster := clusters.Draw(r, "cluster")
			o.Labels[mcsv1beta1.LabelSourceCluster] = cluster
			for range rapid.IntRange(0, 5).Draw(r, "endpoints") {
				text, label := v4.Draw(r, "address"), labels.Draw(r, "host")
				if o.AddressType == "IPv6" {
					text = v6.Draw(r, "address")
				}
				o.Endpoints = append(o.Endpoints, discoveryv1.Endpoint{Addresses: []string{text}, Hostname: &label})
				if label == "-" {
					continue // no label: the endpoint has no name
				}
				if label == "" {
					label = addressLabel(netip.MustParseAddr(text))
				}
				name := label + "." + cluster
				if listed[name] == nil {
					listed[name] = make(map[netip.Addr]bool)
				}
				listed[name][netip.MustParseAddr(text)] = true
			}
			check(t, f.sliceStore("").Update(o))
		}
		for _, label := range []string{"web-0", "web-1", "c", "10-0-0-1", "10-0-0-2", "10-0-0-3", "2001-db8--0", "2001-db8--1", "0--1", "", "-", "x"} {
			for _, cluster := range []string{"ca", "cb", "c.reg", "reg", "x"} {
				checkHost(t, m, strings.TrimPrefix(label+"."+cluster, "."), listed)
			}
		}
	})
}

// checkHost asks for all types at one name below web.test.
func checkHost(t *testing.T, m *Multicluster, name string, listed map[string]map[netip.Addr]bool) {
	t.Helper()
	if len(listed) == 0 {
		return // the service itself does not exist
	}
	parent := false
	for host := range listed {
		parent = parent || strings.HasSuffix(host, "."+name)
	}
	for _, qtype := range []uint16{dns.TypeA, dns.TypeAAAA, dns.TypeSRV} {
		want := "NXDOMAIN"
		if parent || listed[name] != nil {
			want = "NODATA"
		}
		var addresses []string
		for a := range listed[name] {
			if qtype == dns.TypeA && a.Is4() || qtype == dns.TypeAAAA && a.Is6() {
				addresses, want = append(addresses, a.String()), "ANSWER"
			}
		}
		msg, _ := exchange(t, m, new(dns.Msg).SetQuestion(name+".web.test.svc.clusterset.local.", qtype), true)
		var got []string
		for _, rr := range msg.Answer {
			got = append(got, strings.Fields(rr.String())[4])
		}
		if diff := cmp.Diff(sorted(addresses), sorted(got)); diff != "" || verdictText(m, msg) != want {
			t.Fatalf("%s %s of %v: got %s, want %s; addresses (-want +got):\n%s", name, dns.TypeToString[qtype], listed, verdictText(m, msg), want, diff)
		}
	}
}
