package membership_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// profile returns a ClusterProfile created at a second, changed by edits.
func profile(name string, created int64, edits ...func(*membership.ClusterProfile)) membership.ClusterProfile {
	p := membership.ClusterProfile{ObjectMeta: metav1.ObjectMeta{
		Namespace: "clusterset", Name: name, CreationTimestamp: metav1.NewTime(time.Unix(created, 0)),
		Labels: map[string]string{membership.LabelHubNamespace: "mcs-" + name},
	}}
	for _, edit := range edits {
		edit(&p)
	}
	return p
}

func label(key, value string) func(*membership.ClusterProfile) {
	return func(p *membership.ClusterProfile) {
		if value == "" {
			delete(p.Labels, key)
			return
		}
		p.Labels[key] = value
	}
}

func property(name, value string) func(*membership.ClusterProfile) {
	return func(p *membership.ClusterProfile) {
		p.Status.Properties = append(p.Status.Properties, membership.Property{Name: name, Value: value})
	}
}

func TestClusterset(t *testing.T) {
	for _, tc := range []struct {
		name, spec string
		profiles   []membership.ClusterProfile
		members    []membership.Member
		excluded   []membership.Excluded
	}{
		{name: "no profile is no member", spec: "KEP-4322"},
		{
			name: "each profile is a member, sorted by id", spec: "decision: the registry is one ClusterProfile per member",
			profiles: []membership.ClusterProfile{profile("west", 1), profile("east", 2)},
			members:  []membership.Member{{ID: "east", Namespace: "mcs-east"}, {ID: "west", Namespace: "mcs-west"}},
		},
		{
			name: "an id of two labels", spec: "KEP-1645 cluster id",
			profiles: []membership.ClusterProfile{profile("a.reg1", 1, label(membership.LabelHubNamespace, "mcs-a"))},
			members:  []membership.Member{{ID: "a.reg1", Namespace: "mcs-a"}},
		},
		{
			name: "the id is the label where another manager names profiles", spec: "KEP-4322 inventory-member-id",
			profiles: []membership.ClusterProfile{profile("prod.eu.fleet.example.org", 1,
				label(membership.LabelMemberID, "east"), label(membership.LabelHubNamespace, "mcs-east"))},
			members: []membership.Member{{ID: "east", Namespace: "mcs-east"}},
		},
		{
			name: "a name that is no cluster id registers nobody", spec: "KEP-1645 cluster id",
			profiles: []membership.ClusterProfile{profile("a.b.c", 1, label(membership.LabelHubNamespace, "mcs-abc"))},
			excluded: []membership.Excluded{{Profile: "a.b.c",
				Reason: `cluster id "a.b.c" is not one or two lower-case DNS labels (letters, digits and inner hyphens, at most one dot)`}},
		},
		{
			name: "without a hub namespace there is nothing to read", spec: "decision: hub namespace = a label",
			profiles: []membership.ClusterProfile{profile("east", 1, label(membership.LabelHubNamespace, ""))},
			excluded: []membership.Excluded{{Profile: "east", Reason: "the label multicluster-dns.github.io/hub-namespace is missing"}},
		},
		{
			name: "a hub namespace that cannot be one", spec: "local: a label value is not always a namespace name",
			profiles: []membership.ClusterProfile{profile("east", 1, label(membership.LabelHubNamespace, "Mcs_East"))},
			excluded: []membership.Excluded{{Profile: "east",
				Reason: `the label multicluster-dns.github.io/hub-namespace has the value "Mcs_East", which is no namespace name`}},
		},
		{
			name: "the registry's own namespace belongs to nobody", spec: "decision: a cluster's identity is where it may write",
			profiles: []membership.ClusterProfile{profile("east", 1, label(membership.LabelHubNamespace, "clusterset"))},
			excluded: []membership.Excluded{{Profile: "east",
				Reason: `the label multicluster-dns.github.io/hub-namespace names the registry's own namespace "clusterset"`}},
		},
		{
			name: "of two profiles with one id the older stands", spec: "KEP-4322 one cluster in several inventories",
			profiles: []membership.ClusterProfile{
				profile("younger", 2, label(membership.LabelMemberID, "east")),
				profile("older", 1, label(membership.LabelMemberID, "east")),
			},
			members:  []membership.Member{{ID: "east", Namespace: "mcs-older"}},
			excluded: []membership.Excluded{{Profile: "younger", Reason: `the older profile "older" has the same cluster id "east"`}},
		},
		{
			name: "of two profiles with one hub namespace the older stands", spec: "decision: each member owns one hub namespace",
			profiles: []membership.ClusterProfile{profile("west", 2, label(membership.LabelHubNamespace, "mcs-east")), profile("east", 1)},
			members:  []membership.Member{{ID: "east", Namespace: "mcs-east"}},
			excluded: []membership.Excluded{{Profile: "west", Reason: `the older profile "east" has the same hub namespace "mcs-east"`}},
		},
		{
			name: "two of one second are told apart by name", spec: "local: all clusters must agree",
			profiles: []membership.ClusterProfile{
				profile("y", 1, label(membership.LabelMemberID, "east")), profile("x", 1, label(membership.LabelMemberID, "east")),
			},
			members:  []membership.Member{{ID: "east", Namespace: "mcs-x"}},
			excluded: []membership.Excluded{{Profile: "y", Reason: `the older profile "x" has the same cluster id "east"`}},
		},
		{
			name: "a cluster that agrees with its registration", spec: "KEP-2149 cluster.clusterset.k8s.io",
			profiles: []membership.ClusterProfile{profile("east", 1,
				property(membership.PropertyClusterID, "east"), property(membership.PropertyClusterset, "prod"), property("other", "x"))},
			members: []membership.Member{{ID: "east", Namespace: "mcs-east"}},
		},
		{
			name: "a cluster that states another id is excluded", spec: "decision: disagreement excludes the member",
			profiles: []membership.ClusterProfile{profile("east", 1, property(membership.PropertyClusterID, "west"))},
			excluded: []membership.Excluded{{Profile: "east", Reason: `the cluster states the id "west" of itself and is registered as "east"`}},
		},
		{
			name: "a cluster of another clusterset is excluded", spec: "KEP-2149 clusterset.k8s.io",
			profiles: []membership.ClusterProfile{profile("east", 1, property(membership.PropertyClusterset, "staging"))},
			excluded: []membership.Excluded{{Profile: "east", Reason: `the cluster states that it belongs to the clusterset "staging", and this is "prod"`}},
		},
		{
			name: "an excluded profile takes no id from a good one", spec: "local: one bad profile costs one member",
			profiles: []membership.ClusterProfile{
				profile("bad", 1, label(membership.LabelMemberID, "east"), label(membership.LabelHubNamespace, "")), profile("east", 2),
			},
			members:  []membership.Member{{ID: "east", Namespace: "mcs-east"}},
			excluded: []membership.Excluded{{Profile: "bad", Reason: "the label multicluster-dns.github.io/hub-namespace is missing"}},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			members, excluded := membership.Clusterset(tc.profiles, "prod")
			if diff := cmp.Diff(tc.members, members); diff != "" {
				t.Errorf("members differ (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.excluded, excluded); diff != "" {
				t.Errorf("excluded differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAClustersetWithoutANameComparesNothing(t *testing.T) {
	members, _ := membership.Clusterset([]membership.ClusterProfile{profile("east", 1, property(membership.PropertyClusterset, "staging"))}, "")
	if len(members) != 1 {
		t.Errorf("got members %v, want east", members)
	}
}
