package membership_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// restart has another Watchdog take over, which knows of the one before what its Lease says. Leases stand where they stood, but for
// those of the members in meanwhile, who have renewed while nobody watched.
func (w *watching) restart(t *testing.T, meanwhile string) {
	t.Helper()
	recalled, err := membership.ParseSilences(w.watchdog.Silences().String())
	if err != nil {
		t.Fatal(err)
	}
	w.watchdog = membership.NewWatchdog(membership.DefaultThresholds, membership.RenewInterval)
	w.watchdog.Recall(recalled)
	w.beat++
	for _, id := range ids(meanwhile) {
		w.stamps[id] = fmt.Sprint(w.beat)
	}
	w.watchdog.SeeOwn(w.stamps["self"], w.now)
	for id, stamp := range w.stamps {
		if id != "self" {
			w.watchdog.See(id, stamp, w.now)
		}
	}
}

func TestSilencesOutliveARestart(t *testing.T) {
	const unknown, fresh, stale, forgotten = membership.Unknown, membership.Fresh, membership.Stale, membership.Forgotten
	for _, tc := range []struct {
		name, spec string
		before     []span
		meanwhile  string
		want       states // right after the restart
		after      []span
	}{
		{
			name: "a stale member is still stale", spec: "decision 6 across a restart",
			before: []span{{lasts: time.Minute, renewing: "self a b"}, {lasts: 2 * time.Minute, renewing: "self a"}},
			want:   states{"a": unknown, "b": stale},
			after:  []span{{lasts: 30 * time.Second, renewing: "self a", want: states{"a": fresh, "b": stale}}},
		},
		{
			name: "a forgotten member is still forgotten", spec: "decision 6 across a restart",
			before: []span{{lasts: time.Minute, renewing: "self a b"}, {lasts: 20 * time.Minute, renewing: "self a"}},
			want:   states{"a": unknown, "b": forgotten},
		},
		{
			name: "the time until a member is forgotten is counted over the restart", spec: "decision 6: after 15 min forgotten",
			before: []span{{lasts: time.Minute, renewing: "self a b"}, {lasts: 14 * time.Minute, renewing: "self a"}},
			want:   states{"a": unknown, "b": stale},
			after:  []span{{lasts: 2 * time.Minute, renewing: "self a", want: states{"a": fresh, "b": forgotten}}},
		},
		{
			name: "a stale member that has moved while nobody watched begins anew", spec: "decision 6: return at any time",
			before:    []span{{lasts: time.Minute, renewing: "self a b"}, {lasts: 2 * time.Minute, renewing: "self a"}},
			meanwhile: "b",
			want:      states{"a": unknown, "b": unknown},
			after:     []span{{lasts: 30 * time.Second, renewing: "self a b", want: states{"a": fresh, "b": fresh}}},
		},
		{
			name: "two stale members are not frozen because the fresh one has had no time to renew yet", spec: "decision 6: none is left fresh",
			before: []span{{lasts: time.Minute, renewing: "self a b c"}, {lasts: 2 * time.Minute, renewing: "self a"}},
			want:   states{"a": unknown, "b": stale, "c": stale},
			after:  []span{{lasts: 2 * time.Minute, renewing: "self a", want: states{"a": fresh, "b": stale, "c": stale}}},
		},
		{
			name: "of frozen members nothing is remembered", spec: "decision 6: freeze",
			before: []span{{lasts: time.Minute, renewing: "self a b"}, {lasts: 2 * time.Minute, renewing: "self"}},
			want:   states{"a": unknown, "b": unknown},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWatching()
			for _, span := range tc.before {
				w.pass(span.lasts, span.renewing)
				w.watchdog.Judge()
			}
			w.restart(t, tc.meanwhile)
			if diff := cmp.Diff(tc.want, w.watchdog.Judge().States, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: states after the restart differ (-want +got):\n%s", tc.spec, diff)
			}
			for i, span := range tc.after {
				w.pass(span.lasts, span.renewing)
				if diff := cmp.Diff(span.want, w.watchdog.Judge().States); diff != "" {
					t.Errorf("span %d: states differ (-want +got):\n%s", i, diff)
				}
			}
		})
	}
}

func TestRecallAfterTheFirstSight(t *testing.T) {
	w := membership.NewWatchdog(membership.DefaultThresholds, membership.RenewInterval)
	now := time.Unix(1_000_000, 0)
	w.See("a", "stood", now)
	w.See("b", "moves", now)
	w.See("b", "moved", now)
	w.Recall(membership.Silences{"a": {Stamp: "stood", Seconds: 90}, "b": {Stamp: "moved", Seconds: 90}})
	want := states{"a": membership.Stale, "b": membership.Fresh}
	if diff := cmp.Diff(want, w.Judge().States); diff != "" {
		t.Errorf("states differ (-want +got):\n%s", diff)
	}
}

func TestParseSilences(t *testing.T) {
	for _, tc := range []struct {
		name, value string
		want        membership.Silences
		wantErr     bool
	}{
		{name: "nothing written is no silence"},
		{name: "what was written is read", value: `{"b":{"stamp":"uid 12:00","seconds":75}}`, want: membership.Silences{"b": {Stamp: "uid 12:00", Seconds: 75}}},
		{name: "what is no object is an error", value: `["b"]`, wantErr: true},
		{name: "a silence of less than nothing is an error", value: `{"b":{"stamp":"x","seconds":-1}}`, wantErr: true},
		{name: "a silence beyond all bounds is an error", value: `{"b":{"stamp":"x","seconds":9223372036854775807}}`, wantErr: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := membership.ParseSilences(tc.value)
			if (err != nil) != tc.wantErr {
				t.Fatalf("error %v, want one: %t", err, tc.wantErr)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("silences differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSilencesAreBounded(t *testing.T) {
	all := membership.Silences{}
	for i := range 1000 {
		all[mcs.ClusterID(fmt.Sprintf("c-%04d", i))] = membership.Silence{Stamp: strings.Repeat("s", 60), Seconds: int64(i)}
	}
	kept, err := membership.ParseSilences(all.String())
	if err != nil {
		t.Fatal(err)
	}
	if _, longest := kept["c-0999"]; !longest || len(kept) != 200 {
		t.Errorf("%d silences are kept, the longest among them: %t; want 200 and true", len(kept), longest)
	}
}
