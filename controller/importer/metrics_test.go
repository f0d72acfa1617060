package importer

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	discoveryv1 "k8s.io/api/discovery/v1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

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
			m := NewMetrics()
			m.propagated(tc.slice, tc.now)
			if got := testutil.CollectAndCount(m); got != tc.want {
				t.Errorf("ux: %d series, want %d", got, tc.want)
			}
			if problems, err := testutil.CollectAndLint(m); err != nil || len(problems) > 0 {
				t.Errorf("promlint: %v %v", problems, err)
			}
		})
	}
}
