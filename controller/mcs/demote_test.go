package mcs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

func TestDemote(t *testing.T) {
	const clause = "local: a silent member steps back only where another can serve"
	// An endpoint is written as its ready and serving, "tt", "ff", or "--" where it states neither.
	endpoints := func(cluster, states string) mcs.ImportedSlice {
		s := mcs.ImportedSlice{Cluster: mcs.ClusterID(cluster), Slice: mcs.Slice{Name: "web"}}
		for i, state := range strings.Fields(states) {
			e := mcs.Endpoint{Addresses: []string{fmt.Sprintf("10.0.0.%d", i+1)}, Terminating: new(false)}
			if state != "--" {
				e.Ready, e.Serving = new(state[0] == 't'), new(state[1] == 't')
			}
			s.Endpoints = append(s.Endpoints, e)
		}
		return s
	}
	tests := []struct {
		name  string
		spec  string
		stale []mcs.ClusterID
		// The endpoints of clusters a, b and c.
		a, b, c             string
		wantA, wantB, wantC string
	}{
		{"nobody is stale", clause, nil, "tt", "ff", "--", "tt", "ff", "--"},
		{"a fresh member is ready", clause, []mcs.ClusterID{"b"}, "tt", "tt -- ft", "ff", "tt", "ff ff ff", "ff"},
		{"a fresh member does not say, which is ready", clause, []mcs.ClusterID{"b"}, "--", "tt", "", "--", "ff", ""},
		{"one of a fresh member's endpoints is ready", clause, []mcs.ClusterID{"b"}, "ff tt", "tt", "", "ff tt", "ff", ""},
		{"no fresh member is ready", clause, []mcs.ClusterID{"b"}, "ff ft", "tt", "", "ff ft", "tt", ""},
		{"no fresh member has endpoints", clause, []mcs.ClusterID{"b"}, "", "tt", "", "", "tt", ""},
		{"all are stale", clause, []mcs.ClusterID{"a", "b", "c"}, "tt", "tt", "tt", "tt", "tt", "tt"},
		{"two are stale and the third can serve", clause, []mcs.ClusterID{"a", "b"}, "tt", "tt", "tt", "ff", "ff", "tt"},
		{"a stale member that exports nothing here", clause, []mcs.ClusterID{"d"}, "tt", "tt", "tt", "tt", "tt", "tt"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			requireSpec(t, tc.spec)
			build := func(a, b, c string) mcs.Import {
				imp := mcs.Import{Key: web, Clusters: []mcs.ClusterID{"a", "b", "c"}}
				imp.Slices = []mcs.ImportedSlice{endpoints("a", a), endpoints("b", b), endpoints("c", c)}
				return imp
			}
			imp := build(tc.a, tc.b, tc.c)
			got := mcs.Demote(imp, tc.stale)
			if diff := cmp.Diff(build(tc.wantA, tc.wantB, tc.wantC), got); diff != "" {
				t.Errorf("import (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(build(tc.a, tc.b, tc.c), imp); diff != "" {
				t.Errorf("argument (-want +got):\n%s", diff)
			}
		})
	}
}
