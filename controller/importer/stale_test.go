package importer

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

func TestMissingSliceNeedsProof(t *testing.T) {
	b := export("b", 2, "10.2.0.1")
	without := b
	without.Slices = nil
	tests := []struct {
		name     string
		spec     string
		unproven []mcs.ClusterID
		want     map[mcs.ClusterID][]string
	}{
		{
			name: "a slice that is missing on a hub its member has not published to in full stays", spec: "absence needs proof",
			unproven: []mcs.ClusterID{"b"}, want: map[mcs.ClusterID][]string{"b": {"10.2.0.1"}},
		},
		{
			name: "a slice that is missing after its member published in full is gone", spec: "absence needs proof",
			want: map[mcs.ClusterID][]string{},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			f := stands(b)
			f.synced, f.others, f.unproven = true, []mcs.Export{without}, tc.unproven
			if diff := cmp.Diff(tc.want, endpoints(f.imported())); diff != "" {
				t.Errorf("%s: endpoints (-want +got):\n%s", tc.spec, diff)
			}
		})
	}
}

func TestSilentMembersStepBack(t *testing.T) {
	a, b := export("a", 1, "10.1.0.1"), export("b", 2, "10.2.0.1")
	tests := []struct {
		name  string
		spec  string
		facts facts
		want  map[mcs.ClusterID]bool // whether each cluster's endpoint is ready
	}{
		{
			name: "a stale member's endpoints are not ready where a fresh member has a ready one", spec: "Endpoint TTL",
			facts: facts{key: web, self: "a", synced: true, own: &a, others: []mcs.Export{b}, stale: []mcs.ClusterID{"b"}},
			want:  map[mcs.ClusterID]bool{"a": true, "b": false},
		},
		{
			name: "a stale member's endpoints stay ready where nobody else has one", spec: "Endpoint TTL",
			facts: facts{key: web, self: "a", synced: true, others: []mcs.Export{b}, stale: []mcs.ClusterID{"b"}},
			want:  map[mcs.ClusterID]bool{"b": true},
		},
		{
			name: "a member that returns is ready again", spec: "Endpoint TTL",
			facts: facts{key: web, self: "a", synced: true, own: &a, others: []mcs.Export{b}},
			want:  map[mcs.ClusterID]bool{"a": true, "b": true},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			imp := tc.facts.imported()
			got := map[mcs.ClusterID]bool{}
			for _, s := range imp.Slices {
				for _, e := range s.Endpoints {
					got[s.Cluster] = e.Ready == nil || *e.Ready
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s: ready endpoints (-want +got):\n%s", tc.spec, diff)
			}
			if len(imp.Clusters) != len(tc.want) {
				t.Errorf("clusters %v: a silent member keeps its place", imp.Clusters)
			}
		})
	}
}
