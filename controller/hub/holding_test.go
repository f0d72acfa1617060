package hub

import (
	"testing"
	"time"
)

func TestContest(t *testing.T) {
	const gap, forget = 40 * time.Second, 15 * time.Minute
	type look struct {
		after time.Duration
		stamp string
		times int
		won   bool
	}
	for _, tc := range []struct {
		name  string
		looks []look
	}{
		{"a rival that renews is never taken over", []look{{15 * time.Second, "a", 50, false}, {15 * time.Second, "b", 50, false}, {15 * time.Second, "c", 50, false}}},
		{"a rival that stands still for the forget time is", []look{{15 * time.Second, "a", 60, false}, {15 * time.Second, "a", 1, true}}},
		{"a renewal begins the time anew", []look{{15 * time.Second, "a", 60, false}, {15 * time.Second, "b", 60, false}, {15 * time.Second, "b", 1, true}}},
		{"time that was not looked at does not count", []look{{15 * time.Second, "a", 30, false}, {time.Hour, "a", 1, false}, {15 * time.Second, "a", 59, false}, {15 * time.Second, "a", 1, true}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var c contest
			now := time.Unix(1000, 0)
			for i, look := range tc.looks {
				for n := range look.times {
					now = now.Add(look.after)
					if won := c.look(look.stamp, now, gap, forget); won != look.won {
						t.Fatalf("look %d.%d: taken over %v, want %v", i, n, won, look.won)
					}
				}
			}
		})
	}
}
