package health

import (
	"testing"
	"time"

	"k8s.io/utils/ptr"

	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func ago(d time.Duration) LeaseFacts { return LeaseFacts{Holder: "uid", Renewed: now.Add(-d)} }

func watched(l LeaseFacts, long time.Duration, moved bool) LeaseFacts {
	l.Watched, l.Moved = long, moved
	return l
}

func TestJudge(t *testing.T) {
	for _, tc := range []struct {
		name     string
		spec     string
		lease    LeaseFacts
		want     State
		silence  time.Duration
		doubtful bool
	}{
		{"a member without a Lease was never heard", "local: absence proves nothing", LeaseFacts{}, Unheard, 0, false},
		{"a member that renewed a moment ago is up", "KEP-1645, Endpoint TTL", ago(4 * time.Second), Up, 4 * time.Second, false},
		{"a member is up until the stale time", "KEP-1645, Endpoint TTL", ago(59 * time.Second), Up, 59 * time.Second, false},
		{"a member that has been silent for the stale time is stale", "KEP-1645, Endpoint TTL", ago(60 * time.Second), Stale, 60 * time.Second, true},
		{"a member that has been silent for the forget time is forgotten", "KEP-1645, Endpoint TTL", ago(15 * time.Minute), Forgotten, 15 * time.Minute, true},
		{"a clock that is ahead is no sign of silence", "local: no remote clock is believed", ago(-time.Hour), Up, 0, false},
		{"a Lease that moves is alive, however far its member's clock is behind", "local: no remote clock is believed",
			watched(ago(time.Hour), 9*time.Second, true), Up, 9 * time.Second, false},
		{"a Lease that was watched and did not move is as silent as it says", "local: no remote clock is believed",
			watched(ago(2*time.Minute), 17*time.Second, false), Stale, 2 * time.Minute, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			state, silence := Judge(tc.lease, now, membership.DefaultThresholds)
			if state != tc.want || silence != tc.silence {
				t.Errorf("Judge = %s after %v, want %s after %v", state, silence, tc.want, tc.silence)
			}
			if got := Doubtful(tc.lease, now, membership.DefaultThresholds); got != tc.doubtful {
				t.Errorf("Doubtful = %t, want %t", got, tc.doubtful)
			}
		})
	}
}

func TestAge(t *testing.T) {
	for _, tc := range []struct {
		name string
		d    time.Duration
		want string
	}{
		{"moments have a tenth of a second", 412 * time.Millisecond, "0.4s"},
		{"seconds have none", 42 * time.Second, "42s"},
		{"minutes have seconds", 6*time.Minute + 12*time.Second, "6m12s"},
		{"a whole minute has no seconds", 15 * time.Minute, "15m"},
		{"hours have minutes", 3*time.Hour + 5*time.Minute + 7*time.Second, "3h5m"},
		{"days have nothing else", 61*24*time.Hour + 5*time.Hour, "61d"},
		{"less than nothing is nothing", -time.Second, "0.0s"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := Age(tc.d); got != tc.want {
				t.Errorf("Age(%v) = %q, want %q", tc.d, got, tc.want)
			}
		})
	}
}

func TestWhatIsKnownOfAMemberInWords(t *testing.T) {
	for _, tc := range []struct {
		name                 string
		member               Member
		wantSilence, wantLag string
	}{
		{"what is not known is no words", Member{}, "", ""},
		{"a silence is an age, and a lag has milliseconds", Member{Silence: ptr.To(72.4), Lag: ptr.To(1.23456)}, "72s", "1.235s"},
		{"nothing that is known is still something", Member{Silence: ptr.To(0.0), Lag: ptr.To(0.0)}, "0.0s", "0s"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if silence, lag := tc.member.SilenceText(), tc.member.LagText(); silence != tc.wantSilence || lag != tc.wantLag {
				t.Errorf("silent for %q with a lag of %q, want %q and %q", silence, lag, tc.wantSilence, tc.wantLag)
			}
		})
	}
}

func TestImageTag(t *testing.T) {
	for image, want := range map[string]string{
		"example.org:5000/mcs-controller:v0.4.0":                           "v0.4.0",
		"example.org:5000/mcs-controller":                                  "",
		"mcs-controller:v0.4.0@sha256:0123456789abcdef0123456789abcdef":    "v0.4.0",
		"example.org/mcs-controller@sha256:0123456789abcdef0123456789abcd": "sha256:0123456789ab",
		"": "",
	} {
		if got := imageTag(image); got != want {
			t.Errorf("imageTag(%q) = %q, want %q", image, got, want)
		}
	}
}
