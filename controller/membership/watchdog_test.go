package membership_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// watching plays a clusterset second by second: everybody in renewing renews every 15 seconds, and this cluster sees it unless it is
// blind.
type watching struct {
	watchdog *membership.Watchdog
	now      time.Time
	beat     int
	stamps   map[mcs.ClusterID]string // what each Lease says
}

func newWatching() *watching {
	return &watching{
		watchdog: membership.NewWatchdog(membership.DefaultThresholds, membership.RenewInterval),
		now:      time.Unix(1_000_005, 0), // a beat
		stamps:   map[mcs.ClusterID]string{},
	}
}

// pass lets time pass in which the given members renew, "self" among them where the hub can be reached.
func (w *watching) pass(d time.Duration, renewing string) {
	for end := w.now.Add(d); w.now.Before(end); w.now = w.now.Add(time.Second) {
		if w.now.Unix()%15 != 0 {
			continue
		}
		w.beat++
		for _, id := range ids(renewing) {
			w.stamps[id] = fmt.Sprint(w.beat)
			if id == "self" {
				w.watchdog.SeeOwn(fmt.Sprint(w.beat), w.now)
				continue
			}
			w.watchdog.See(id, fmt.Sprint(w.beat), w.now)
		}
	}
}

// A span of a story about Leases.
type span struct {
	lasts    time.Duration
	renewing string // who renews and is seen to
	gone     string // whose Lease is gone at the end
	want     map[mcs.ClusterID]membership.State
	frozen   string
}

type states = map[mcs.ClusterID]membership.State

func TestWatchdog(t *testing.T) {
	const unknown, fresh, stale, forgotten = membership.Unknown, membership.Fresh, membership.Stale, membership.Forgotten
	for _, tc := range []struct {
		name, spec string
		spans      []span
	}{
		{
			name: "members that renew are fresh", spec: "decision 6: Leases are renewed every 15 s",
			spans: []span{{lasts: time.Hour, renewing: "self a b", want: states{"a": fresh, "b": fresh}}},
		},
		{
			name: "a Lease seen once proves neither life nor silence", spec: "decision 6: judged by locally observed change",
			spans: []span{{lasts: time.Second, renewing: "a", want: states{"a": unknown}}},
		},
		{
			name: "a member that falls silent is stale after 60 s and forgotten after 15 min", spec: "scenario 51",
			spans: []span{
				{lasts: 5 * time.Minute, renewing: "self a b", want: states{"a": fresh, "b": fresh}},
				{lasts: 45 * time.Second, renewing: "self a", want: states{"a": fresh, "b": fresh}},
				{lasts: 15 * time.Second, renewing: "self a", want: states{"a": fresh, "b": stale}},
				{lasts: 13*time.Minute + 30*time.Second, renewing: "self a", want: states{"a": fresh, "b": stale}},
				{lasts: 30 * time.Second, renewing: "self a", want: states{"a": fresh, "b": forgotten}},
			},
		},
		{
			name: "a forgotten member that returns is fresh at once", spec: "scenario 51: return at any time",
			spans: []span{
				{lasts: 5 * time.Minute, renewing: "self a b", want: states{"a": fresh, "b": fresh}},
				{lasts: 20 * time.Minute, renewing: "self a", want: states{"a": fresh, "b": forgotten}},
				{lasts: 15 * time.Second, renewing: "self a b", want: states{"a": fresh, "b": fresh}},
			},
		},
		{
			name: "while the hub is away nobody grows silent", spec: "scenario 52",
			spans: []span{
				{lasts: 5 * time.Minute, renewing: "self a b", want: states{"a": fresh, "b": fresh}},
				{lasts: 30 * time.Minute, want: states{"a": fresh, "b": fresh}},
				{lasts: 45 * time.Second, renewing: "self", want: states{"a": fresh, "b": fresh}},
				{lasts: 5 * time.Minute, renewing: "self a b", want: states{"a": fresh, "b": fresh}},
			},
		},
		{
			name: "while own renewals do not come back nobody grows silent, whoever else is seen", spec: "decision 6: only while this importer sees its own renewals",
			spans: []span{
				{lasts: 5 * time.Minute, renewing: "self a b", want: states{"a": fresh, "b": fresh}},
				{lasts: 30 * time.Minute, renewing: "a", want: states{"a": fresh, "b": fresh}},
			},
		},
		{
			name: "one lost renewal of one's own does not stop the watch", spec: "local: a write may fail",
			spans: []span{
				{lasts: 5 * time.Minute, renewing: "self a b", want: states{"a": fresh, "b": fresh}},
				{lasts: 15 * time.Second, renewing: "self a", want: states{"a": fresh, "b": fresh}},
				{lasts: 15 * time.Second, renewing: "a", want: states{"a": fresh, "b": fresh}},
				{lasts: 45 * time.Second, renewing: "self a", want: states{"a": fresh, "b": stale}},
			},
		},
		{
			name: "a single other member goes stale normally", spec: "decision 6",
			spans: []span{
				{lasts: 5 * time.Minute, renewing: "self a", want: states{"a": fresh}},
				{lasts: 75 * time.Second, renewing: "self", want: states{"a": stale}},
				{lasts: 15 * time.Minute, renewing: "self", want: states{"a": forgotten}},
			},
		},
		{
			name: "two members that fall silent together while none is left are frozen", spec: "decision 6: freeze and say so",
			spans: []span{
				{lasts: 5 * time.Minute, renewing: "self a b", want: states{"a": fresh, "b": fresh}},
				{lasts: 75 * time.Second, renewing: "self", want: states{"a": fresh, "b": fresh}, frozen: "a b"},
				{lasts: time.Hour, renewing: "self", want: states{"a": fresh, "b": fresh}, frozen: "a b"},
			},
		},
		{
			name: "two members that fall silent together while a third is fresh go stale", spec: "decision 6",
			spans: []span{
				{lasts: 5 * time.Minute, renewing: "self a b c", want: states{"a": fresh, "b": fresh, "c": fresh}},
				{lasts: 75 * time.Second, renewing: "self c", want: states{"a": stale, "b": stale, "c": fresh}},
			},
		},
		{
			name: "the second of two to fall silent within the stale time takes the first one's staleness back", spec: "decision 6: within one stale period",
			spans: []span{
				{lasts: 5 * time.Minute, renewing: "self a b", want: states{"a": fresh, "b": fresh}},
				{lasts: 45 * time.Second, renewing: "self b", want: states{"a": fresh, "b": fresh}},
				{lasts: 30 * time.Second, renewing: "self", want: states{"a": stale, "b": fresh}},
				{lasts: 30 * time.Second, renewing: "self", want: states{"a": fresh, "b": fresh}, frozen: "a b"},
			},
		},
		{
			name: "the last of several to fall silent, long after the others, is on its own", spec: "decision 6: within one stale period",
			spans: []span{
				{lasts: 5 * time.Minute, renewing: "self a b", want: states{"a": fresh, "b": fresh}},
				{lasts: 5 * time.Minute, renewing: "self b", want: states{"a": stale, "b": fresh}},
				{lasts: 75 * time.Second, renewing: "self", want: states{"a": stale, "b": stale}},
			},
		},
		{
			name: "when one of the frozen is back the others get the stale time once more", spec: "local: both may be on their way back",
			spans: []span{
				{lasts: 5 * time.Minute, renewing: "self a b", want: states{"a": fresh, "b": fresh}},
				{lasts: time.Hour, renewing: "self", want: states{"a": fresh, "b": fresh}, frozen: "a b"},
				{lasts: 15 * time.Second, renewing: "self a", want: states{"a": fresh, "b": fresh}},
				{lasts: 75 * time.Second, renewing: "self a", want: states{"a": fresh, "b": stale}},
			},
		},
		{
			name: "a member that was dead before the start becomes stale and then forgotten", spec: "decision 6 across a restart",
			spans: []span{
				{lasts: time.Second, renewing: "self a b", want: states{"a": unknown, "b": unknown}},
				{lasts: 45 * time.Second, renewing: "self a", want: states{"a": fresh, "b": unknown}},
				{lasts: 45 * time.Second, renewing: "self a", want: states{"a": fresh, "b": stale}},
				{lasts: 15 * time.Minute, renewing: "self a", want: states{"a": fresh, "b": forgotten}},
			},
		},
		{
			name: "a Lease that is deleted proves nothing", spec: "decision 6: without the Lease what was last imported stays",
			spans: []span{
				{lasts: 5 * time.Minute, renewing: "self a b", gone: "b", want: states{"a": fresh}},
				{lasts: time.Hour, renewing: "self a", want: states{"a": fresh}},
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWatching()
			for i, span := range tc.spans {
				w.pass(span.lasts, span.renewing)
				for _, id := range ids(span.gone) {
					w.watchdog.See(id, "", w.now)
				}
				want := membership.Verdict{States: span.want, Frozen: ids(span.frozen)}
				if diff := cmp.Diff(want, w.watchdog.Judge(), cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("span %d: verdicts differ (-want +got):\n%s", i, diff)
				}
			}
		})
	}
}

// A cluster that sees nothing of its own must never conclude anything new of others.
func TestABlindWatchdogChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWatching()
		for range rapid.IntRange(1, 6).Draw(t, "spans") {
			w.pass(time.Duration(rapid.IntRange(1, 1200).Draw(t, "seconds"))*time.Second,
				rapid.SampledFrom([]string{"self a b", "self a", "self b", "self", "a", ""}).Draw(t, "renewing"))
			w.watchdog.Judge()
		}
		before := w.watchdog.Judge()
		w.pass(time.Duration(rapid.IntRange(1, 7200).Draw(t, "blind seconds"))*time.Second, "")
		if diff := cmp.Diff(before, w.watchdog.Judge(), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("verdicts differ (-before +after):\n%s", diff)
		}
	})
}

// A member that renews is never stale, whatever the others and the hub do.
func TestAMemberThatRenewsIsNeverStale(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWatching()
		w.pass(time.Minute, "self a")
		for range rapid.IntRange(1, 8).Draw(t, "spans") {
			w.pass(time.Duration(rapid.IntRange(15, 1200).Draw(t, "seconds"))*time.Second,
				rapid.SampledFrom([]string{"self a b c", "self a c", "self a b", "self a", ""}).Draw(t, "renewing"))
			if state := w.watchdog.Judge().States["a"]; state != membership.Fresh {
				t.Fatalf("a is %v", state)
			}
		}
	})
}
