package notices

import (
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"
)

func TestACrowdIsBounded(t *testing.T) {
	now := clocktesting.NewFakePassiveClock(time.Unix(1000, 0))
	var c Crowd
	admitted := func(n int) (count int) {
		for range n {
			if c.Admits(now) {
				count++
			}
		}
		return count
	}
	if got := admitted(10_000); got != crowdBurst {
		t.Errorf("of 10,000 at once %d are admitted, want %d", got, crowdBurst)
	}
	now.SetTime(now.Now().Add(3 * time.Second))
	if got := admitted(10_000); got != 3 {
		t.Errorf("three seconds later %d more are, want 3", got)
	}
}

func TestNames(t *testing.T) {
	for _, tc := range []struct {
		name  string
		names []string
		want  string
	}{
		{name: "none"},
		{name: "some are all listed", names: []string{"a", "b"}, want: "a, b"},
		{name: "of many the first are, and the others counted", names: []string{"a", "b", "c", "d", "e", "f", "g"}, want: "a, b, c, d, e, and 2 more"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := Names(tc.names); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestAction(t *testing.T) {
	one, same, other := Action("Import", "b is silent"), Action("Import", "b is silent"), Action("Import", "b and c are silent")
	if one != same || one == other {
		t.Errorf("actions of one text are %q and %q, and of another %q", one, same, other)
	}
	if len(one) > 128 {
		t.Errorf("action %q is longer than the API takes", one)
	}
}
