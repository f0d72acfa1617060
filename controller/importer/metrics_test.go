package importer

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	discoveryv1 "k8s.io/api/discovery/v1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

func nobody() []mcs.ClusterID { return nil }

func TestEndpointsOfSilentMembersAreCounted(t *testing.T) {
	a, b := export("a", 1, "10.1.0.1"), export("b", 2, "10.2.0.1", "10.2.0.2")
	tests := []struct {
		name  string
		other mcs.Export
		stale []mcs.ClusterID
		want  string
	}{
		{name: "those that are kept because nobody else can serve", other: export("c", 3), stale: []mcs.ClusterID{"b"}, want: `mcs_stale_endpoints{peer="b"} 2`},
		{name: "not those that have stepped back", other: a, stale: []mcs.ClusterID{"b"}, want: `mcs_stale_endpoints{peer="b"} 0`},
		{name: "none while nobody is silent", other: a},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			world := newBench(t)
			world.world.others, world.world.stale = []mcs.Export{tc.other, b}, tc.stale
			world.turn(t)
			want := ""
			if tc.want != "" {
				want = "# HELP mcs_stale_endpoints Endpoints of a stale member that are still ready here, because no other member has a ready one. Absent for members that are not stale.\n" +
					"# TYPE mcs_stale_endpoints gauge\n" + tc.want + "\n"
			}
			m := NewMetrics(world.client, func() []mcs.ClusterID { return tc.stale })
			if err := testutil.CollectAndCompare(m, strings.NewReader(want), "mcs_stale_endpoints"); err != nil {
				t.Error(err)
			}
			if problems, err := testutil.CollectAndLint(m); err != nil || len(problems) > 0 {
				t.Errorf("promlint: %v %v", problems, err)
			}
		})
	}
}

func TestPropagationIsObservedWhereItIsKnown(t *testing.T) {
	triggered := time.Unix(1000, 0)
	e := export("b", 1)
	e.Slices[0].Triggered = triggered
	known := slicesOf(mcs.Merge([]mcs.Export{e}), web, "")[0]
	tests := []struct {
		name  string
		slice *discoveryv1.EndpointSlice
		now   time.Time
		want  int
	}{
		{name: "a slice that states when it changed", slice: known, now: triggered.Add(time.Second), want: 1},
		{name: "a source whose clock is ahead", slice: known, now: triggered.Add(-time.Second), want: 1},
		{name: "a slice that does not", slice: slicesOf(mcs.Merge([]mcs.Export{export("b", 1)}), web, "")[0], now: triggered},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			m := NewMetrics(nil, nobody)
			m.propagated(tc.slice, tc.now)
			if got := testutil.CollectAndCount(m); got != tc.want {
				t.Errorf("%d series, want %d", got, tc.want)
			}
			if problems, err := testutil.CollectAndLint(m); err != nil || len(problems) > 0 {
				t.Errorf("promlint: %v %v", problems, err)
			}
		})
	}
}
