package grace

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
)

func TestAPeriodRunsFromTheFirstTurnThatWaits(t *testing.T) {
	var p Periods
	clock := clocktesting.NewFakePassiveClock(time.Unix(100, 0))
	web := types.NamespacedName{Namespace: "shop", Name: "web"}
	steps := []struct {
		at      int64
		waiting bool
		want    time.Duration
	}{
		{at: 100, waiting: false}, {at: 101, waiting: true, want: 10 * time.Second}, {at: 105, waiting: true, want: 6 * time.Second},
		{at: 111, waiting: true}, {at: 200, waiting: true}, {at: 201, waiting: false}, {at: 202, waiting: true, want: 10 * time.Second},
	}
	for _, s := range steps {
		clock.SetTime(time.Unix(s.at, 0))
		if got := p.Left(web, s.waiting, 10*time.Second, clock); got != s.want {
			t.Errorf("scenario 4, at %d: got %v, want %v", s.at, got, s.want)
		}
	}
	if len(p.since) != 1 {
		t.Errorf("%d names are remembered, want the one that waits", len(p.since))
	}
}
