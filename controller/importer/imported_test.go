package importer

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

var web = types.NamespacedName{Namespace: "shop", Name: "web"}

var ipv4 = []corev1.IPFamily{corev1.IPv4Protocol}

// export is a valid ClusterSetIP export of web by cluster, with one port, http 80, and one slice of these addresses. It is as old as
// its age in seconds says.
func export(cluster mcs.ClusterID, age int64, addresses ...string) mcs.Export {
	e := mcs.Export{
		Cluster: cluster, Key: web,
		Claimed: time.Unix(age, 0), Recorded: time.Unix(age, 0),
		Type: mcsv1beta1.ClusterSetIP, IPFamilies: ipv4,
		Ports:  []mcs.Port{{Name: "http", Protocol: corev1.ProtocolTCP, Port: 80}},
		Slices: []mcs.Slice{{Name: "web-x1", AddressType: discoveryv1.AddressTypeIPv4, Ports: []mcs.SlicePort{{Name: "http", Protocol: corev1.ProtocolTCP, Port: new(int32(8080))}}}},
	}
	for _, a := range addresses {
		e.Slices[0].Endpoints = append(e.Slices[0].Endpoints, mcs.Endpoint{Addresses: []string{a}})
	}
	return e
}

// gone is the export of a Service that does not exist.
func gone(cluster mcs.ClusterID) *mcs.Export {
	return &mcs.Export{Cluster: cluster, Key: web, Invalid: "NoService", Claimed: time.Unix(1, 0), Recorded: time.Unix(1, 0)}
}

// stands are the facts of a cluster "a" in which the import of these exports stands, and nothing else is known.
func stands(exports ...mcs.Export) facts {
	f := facts{key: web, self: "a", supported: ipv4}
	if len(exports) == 0 {
		return f
	}
	imp := mcs.Merge(exports)
	f.found = newImport(imp, web, imp.Serves(ipv4), holder{name: mcs.DerivedServiceName(web), ips: []string{"10.96.0.7"}})
	f.found.Status = statusOf(f.found, imp, ipv4, "")
	for _, s := range slicesOf(imp, web, mcs.DerivedServiceName(web)) {
		f.slices = append(f.slices, *s)
	}
	return f
}

// endpoints are the addresses of an import by cluster.
func endpoints(imp mcs.Import) map[mcs.ClusterID][]string {
	found := map[mcs.ClusterID][]string{}
	for _, s := range imp.Slices {
		for _, e := range s.Endpoints {
			found[s.Cluster] = append(found[s.Cluster], e.Addresses...)
		}
	}
	return found
}

func TestImported(t *testing.T) {
	a, b, c := export("a", 1, "10.1.0.1"), export("b", 2, "10.2.0.1"), export("c", 3, "10.3.0.1")
	moved := export("a", 1, "10.1.0.9")
	type from = map[mcs.ClusterID][]string
	tests := []struct {
		name         string
		spec         string
		facts        facts
		change       func(*facts)
		want         from
		wantClusters []mcs.ClusterID
		wantNothing  bool
	}{
		{name: "all exports are merged", spec: "KEP-1645 ServiceImport", facts: stands(),
			change: func(f *facts) { f.synced, f.own, f.others = true, &a, []mcs.Export{b, c} },
			want:   from{"a": {"10.1.0.1"}, "b": {"10.2.0.1"}, "c": {"10.3.0.1"}}, wantClusters: []mcs.ClusterID{"a", "b", "c"}},
		{name: "without an export there is no import", spec: "scenario 2", facts: stands(),
			change: func(f *facts) { f.synced = true }, wantNothing: true},
		{name: "a denied namespace has no imports", spec: "scenario 11", facts: stands(b),
			change: func(f *facts) { f.synced, f.denied, f.others = true, true, []mcs.Export{b} }, wantNothing: true},
		{name: "a cluster that has left has no imports, its own exports included", spec: "scenario 49", facts: stands(a, b),
			change: func(f *facts) { f.synced, f.departed, f.own = true, true, &a }, wantNothing: true},
		{name: "a cluster that is not registered imports nothing new, its own exports neither", spec: "scenario 49 across a restart", facts: stands(),
			change: func(f *facts) { f.unregistered, f.own = true, &a }, wantNothing: true},
		{name: "a cluster that is not registered keeps what it has, and its own endpoints move on", spec: "decision 6 across a restart", facts: stands(a, b),
			change: func(f *facts) { f.unregistered, f.own = true, &moved },
			want:   from{"a": {"10.1.0.9"}, "b": {"10.2.0.1"}}, wantClusters: []mcs.ClusterID{"a", "b"}},
		{name: "beside a ServiceImport of somebody else nothing is made", spec: "rules: objects that are not ours", facts: stands(b),
			change: func(f *facts) { f.synced, f.others, f.found.Labels = true, []mcs.Export{b}, nil }, wantNothing: true},
		{name: "a withdrawn export goes, the others stay", spec: "scenario 48", facts: stands(a, b),
			change: func(f *facts) { f.synced, f.own = true, &a }, want: from{"a": {"10.1.0.1"}}, wantClusters: []mcs.ClusterID{"a"}},
		{name: "a member whose absence is not proven counts as last imported", spec: "decision 6", facts: stands(a, b),
			change: func(f *facts) { f.synced, f.own, f.held = true, &a, []mcs.ClusterID{"b"} },
			want:   from{"a": {"10.1.0.1"}, "b": {"10.2.0.1"}}, wantClusters: []mcs.ClusterID{"a", "b"}},
		{name: "a member held alone keeps its import", spec: "decision 6", facts: stands(b),
			change: func(f *facts) { f.synced, f.held = true, []mcs.ClusterID{"b"} },
			want:   from{"b": {"10.2.0.1"}}, wantClusters: []mcs.ClusterID{"b"}},
		{name: "beside a held member the others' endpoints move on", spec: "decision 6", facts: stands(a, b),
			change: func(f *facts) { f.synced, f.own, f.held = true, &moved, []mcs.ClusterID{"b"} },
			want:   from{"a": {"10.1.0.9"}, "b": {"10.2.0.1"}}, wantClusters: []mcs.ClusterID{"a", "b"}},
		{name: "before the hub is read the import stands and own endpoints move on", spec: "decision 5", facts: stands(a, b),
			change: func(f *facts) { f.own = &moved },
			want:   from{"a": {"10.1.0.9"}, "b": {"10.2.0.1"}}, wantClusters: []mcs.ClusterID{"a", "b"}},
		{name: "before the hub is read an own export without import is imported alone", spec: "decision 5", facts: stands(),
			change: func(f *facts) { f.own = &a }, want: from{"a": {"10.1.0.1"}}, wantClusters: []mcs.ClusterID{"a"}},
		{name: "before the hub is read a withdrawn own export leaves the others'", spec: "decision 5, scenario 13", facts: stands(a, b),
			change: func(*facts) {}, want: from{"b": {"10.2.0.1"}}, wantClusters: []mcs.ClusterID{"b"}},
		{name: "before the hub is read a withdrawn own export takes its own import along", spec: "decision 5, scenario 13", facts: stands(a),
			change: func(*facts) {}, wantNothing: true},
		{name: "without its Service an import goes when the grace is over", spec: "scenario 3", facts: stands(a),
			change: func(f *facts) { f.synced, f.own = true, gone("a") }, wantNothing: true},
		{name: "without its Service an import stays without endpoints for the grace", spec: "scenario 4", facts: stands(a),
			change: func(f *facts) { f.synced, f.own, f.graced = true, gone("a"), true }, want: from{}},
		{name: "the grace holds before the hub is read, too", spec: "scenario 4", facts: stands(a),
			change: func(f *facts) { f.own, f.graced = gone("a"), true }, want: from{}, wantClusters: []mcs.ClusterID{"a"}},
		{name: "the grace makes no import that was not there", spec: "scenario 2", facts: stands(),
			change: func(f *facts) { f.synced, f.own, f.graced = true, gone("a"), true }, wantNothing: true},
		{name: "an invalid export does not stop the others'", spec: "rules: one invalid export", facts: stands(),
			change: func(f *facts) { f.synced, f.own, f.others = true, gone("a"), []mcs.Export{b} },
			want:   from{"b": {"10.2.0.1"}}, wantClusters: []mcs.ClusterID{"b"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			tc.change(&tc.facts)
			got := tc.facts.imported()
			if got.Exists() == tc.wantNothing {
				t.Fatalf("%s: got %+v", tc.spec, got)
			}
			if tc.wantNothing {
				return
			}
			if diff := cmp.Diff(tc.want, endpoints(got)); diff != "" {
				t.Errorf("%s: endpoints (-want +got):\n%s", tc.spec, diff)
			}
			if diff := cmp.Diff(tc.wantClusters, got.Clusters); diff != "" {
				t.Errorf("%s: clusters (-want +got):\n%s", tc.spec, diff)
			}
		})
	}
}

func TestHeldMemberKeepsWhatWasMergedOfIt(t *testing.T) {
	// b was the oldest, so its 80 stood and a's 8080 was left out. While b is held, nothing of that changes.
	b := export("b", 1, "10.2.0.1")
	a := export("a", 2, "10.1.0.1")
	a.Ports[0].Port = 8080
	before := mcs.Merge([]mcs.Export{a, b})
	f := stands(a, b)
	f.synced, f.own, f.held = true, &a, []mcs.ClusterID{"b"}
	if diff := cmp.Diff(before.Ports, f.imported().Ports); diff != "" {
		t.Errorf("decision 6: ports (-want +got):\n%s", diff)
	}
}

func TestFrozenImportKeepsItsFamiliesUnderAnOldSchema(t *testing.T) {
	f := stands(export("b", 1, "10.2.0.1"))
	f.found.Spec.IPFamilies = nil
	f.service = &corev1.Service{ObjectMeta: metav1.ObjectMeta{Labels: serviceLabels(web)}, Spec: corev1.ServiceSpec{IPFamilies: ipv4}}
	if diff := cmp.Diff(ipv4, f.imported().IPFamilies); diff != "" {
		t.Errorf("sig-apis 5, skew: families (-want +got):\n%s", diff)
	}
	f.service = nil
	if diff := cmp.Diff(ipv4, f.imported().IPFamilies); diff != "" {
		t.Errorf("sig-apis 5, skew, without Service: families (-want +got):\n%s", diff)
	}
}

func TestWaiting(t *testing.T) {
	a, b := export("a", 1), export("b", 2)
	denied := gone("b")
	denied.Invalid = mcs.ReasonNamespaceNotAllowed
	tests := []struct {
		name  string
		facts facts
		want  bool
	}{
		{name: "an own export without Service waits", facts: facts{own: gone("a")}, want: true},
		{name: "another's export without Service waits", facts: facts{others: []mcs.Export{*gone("b")}}, want: true},
		{name: "nothing waits without any export", facts: facts{}},
		{name: "nothing waits while an own export is valid", facts: facts{own: &a, others: []mcs.Export{*gone("b")}}},
		{name: "nothing waits while another's export is valid", facts: facts{own: gone("a"), others: []mcs.Export{b}}},
		{name: "nothing waits while a member is held", facts: facts{own: gone("a"), held: []mcs.ClusterID{"b"}}},
		{name: "what is invalid for another reason does not wait", facts: facts{others: []mcs.Export{*denied}}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.facts.waiting(); got != tc.want {
				t.Errorf("scenario 4: got %v, want %v", got, tc.want)
			}
		})
	}
}
