package hub

import (
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// Decision 5 and scenario 49: own exports are imported hub or no hub, but not by a cluster that has left.
func TestWhetherThisClusterIsAMember(t *testing.T) {
	in, out := registered("a", "b"), registered("b", "c")
	for _, tc := range []struct {
		name     string
		profiles []membership.ClusterProfile
		away     bool
		after    time.Duration
		want     bool // that it is none, as far as it knows
	}{
		{name: "a hub that is being read for the first time is about to say", want: true},
		{name: "one that cannot be reached says nothing, and this may be a member", away: true},
		{name: "one that answers and says nothing is not waited for for ever", after: firstRead},
		{name: "a registry that has this cluster makes it one", profiles: in},
		{name: "a registry that has it not makes it none", profiles: out, want: true},
		{name: "whether or not the hub can be reached now", profiles: out, away: true, after: time.Hour, want: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			clock := clocktesting.NewFakeClock(time.Unix(1_000_000, 0))
			config := Config{Self: "a", Thresholds: membership.DefaultThresholds, RenewInterval: membership.RenewInterval}
			h := &Hub{config: config, rosters: newRosters(config, clock, func() bool { return tc.away })}
			if !h.Unregistered() {
				t.Error("before anything was asked it is taken for a member")
			}
			h.rosters.judge("", nil, func(string) lease { return lease{} })
			clock.SetTime(clock.Now().Add(tc.after))
			h.rosters.judge("", tc.profiles, func(string) lease { return lease{} })
			if got := h.Unregistered(); got != tc.want {
				t.Errorf("it is taken for no member: %t, want %t", got, tc.want)
			}
		})
	}
}
