package hub

import (
	"fmt"
	"slices"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// A hub that is restored withdraws nothing before the owner of a record has published again, whoever starts meanwhile (docs/decisions,
// "Absence needs proof").
func TestWhenAMarkProvesSomething(t *testing.T) {
	const hub = "uid of the hub"
	mark := func(sequence int64) membership.Mark { return membership.Mark{Hub: hub, Sequence: sequence} }
	type look struct {
		mark membership.Mark
		age  time.Duration // of the renewal, by the member's clock
	}
	for _, tc := range []struct {
		name  string
		looks []look
		want  bool
	}{
		{name: "a Lease without a mark proves nothing", looks: []look{{}}},
		{name: "a mark that was renewed just now does", looks: []look{{mark: mark(7)}}, want: true},
		{name: "one of another hub does not", looks: []look{{mark: membership.Mark{Hub: "another", Sequence: 7}}}},
		{name: "one that was not renewed for some time may be of a backup", looks: []look{{mark: mark(7), age: time.Minute}}},
		{name: "however often it is looked at", looks: []look{{mark: mark(7), age: time.Minute}, {mark: mark(7), age: 2 * time.Minute}}},
		{name: "nor does one from the future prove anything", looks: []look{{mark: mark(7), age: -time.Minute}}},
		{name: "it does once it is renewed, whatever the member's clock", looks: []look{{mark: mark(7), age: time.Hour}, {mark: mark(8), age: time.Hour}}, want: true},
		{name: "a member that marks for the first time while it is watched is believed", looks: []look{{}, {mark: mark(7)}}, want: true},
		{name: "one that falls silent later goes on being believed", looks: []look{{mark: mark(7)}, {mark: mark(7), age: time.Hour}}, want: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			clock := clocktesting.NewFakeClock(time.Unix(1_000_000, 0))
			config := Config{Self: "a", UID: "uid of a", Thresholds: membership.DefaultThresholds, RenewInterval: membership.RenewInterval}
			r := newRosters(config, clock, func() bool { return false })
			var last membership.Mark
			for i, l := range tc.looks {
				_, after := r.judge(hub, registered("a", "b"), func(string) lease {
					return lease{holder: "uid of b", stamp: fmt.Sprint(i), renewed: clock.Now().Add(-l.age), mark: l.mark}
				})
				last = l.mark
				if proven := slices.Contains(after.published, "b"); i == len(tc.looks)-1 && proven != tc.want {
					t.Errorf("absence proves something: %t, want %t", proven, tc.want)
				}
			}
			if trusted := r.trusts(hub, "b", last); trusted != tc.want {
				t.Errorf("the mark is trusted: %t, want %t", trusted, tc.want)
			}
		})
	}
}

func TestAMarkIsNotTrustedBeforeItsMemberWasLookedAt(t *testing.T) {
	config := Config{Self: "a", Thresholds: membership.DefaultThresholds, RenewInterval: membership.RenewInterval}
	r := newRosters(config, clocktesting.NewFakeClock(time.Unix(1_000_000, 0)), func() bool { return false })
	if r.trusts("h", "b", membership.Mark{Hub: "h", Sequence: 7}) {
		t.Error("a mark nobody has judged is trusted")
	}
}
