package hub

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// Scenario 28: a clock that differs wins nothing, and is logged, so that somebody may mend it.
func TestAClockThatDiffersIsLoggedOnce(t *testing.T) {
	const off = -time.Hour
	for _, tc := range []struct {
		name  string
		moves []move
		want  []string
	}{
		{name: "clocks that are minutes apart are not worth a word", moves: []move{{0, -4 * time.Minute}, {15, -4 * time.Minute}, {15, -4 * time.Minute}}},
		{name: "a clock that is an hour behind is told of once", moves: []move{{0, off}, {15, off}, {15, off}, {15, off}},
			want: []string{`"Member's clock differs from this cluster's" "cluster"="b" "ahead"="-1h0m0s"`}},
		{name: "one that is ahead as well", moves: []move{{0, time.Hour}, {15, time.Hour}, {15, time.Hour}},
			want: []string{`"Member's clock differs from this cluster's" "cluster"="b" "ahead"="1h0m0s"`}},
		{name: "one that was mended, too", moves: []move{{0, off}, {15, off}, {15, off}, {15, 0}},
			want: []string{`"Member's clock differs from this cluster's" "cluster"="b" "ahead"="-1h0m0s"`, `"Member's clock agrees with this cluster's again" "cluster"="b"`}},
		{name: "a Lease that is seen once says nothing of the clock", moves: []move{{0, off}}},
		{name: "nor one that moved once: it may have been renewed long ago", moves: []move{{0, off}, {15, off}}},
		{name: "nor one that moves after a break, when what comes back may be old", moves: []move{{0, 0}, {15, 0}, {3600, off}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			clock := clocktesting.NewFakeClock(time.Unix(1_000_000, 0))
			config := Config{Self: "a", UID: "uid of a", Thresholds: membership.DefaultThresholds, RenewInterval: membership.RenewInterval}
			var said []string
			h := &Hub{config: config, log: funcr.New(func(_, line string) { said = append(said, line) }, funcr.Options{})}
			r := newRosters(config, clock, func() bool { return false })
			for _, m := range tc.moves {
				clock.SetTime(clock.Now().Add(time.Duration(m.after) * time.Second))
				renewed := clock.Now().Add(m.ahead)
				h.announceClocks(r.judge("", registered("a", "b"), func(string) lease {
					return lease{holder: "uid of b", stamp: fmt.Sprint(renewed.UnixNano()), renewed: renewed}
				}))
			}
			for i, line := range tc.want {
				tc.want[i] = `"level"=0 "msg"=` + line
			}
			if diff := cmp.Diff(tc.want, said); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
		})
	}
}

// move is a renewal so many seconds after the one before, by a clock that is so much ahead.
type move struct {
	after int
	ahead time.Duration
}

// registered are the profiles of members.
func registered(ids ...string) []membership.ClusterProfile {
	var profiles []membership.ClusterProfile
	for _, id := range ids {
		profiles = append(profiles, membership.ClusterProfile{ObjectMeta: metav1.ObjectMeta{
			Namespace: "clusterset", Name: id, Labels: map[string]string{membership.LabelHubNamespace: "mcs-" + id},
		}})
	}
	return profiles
}
