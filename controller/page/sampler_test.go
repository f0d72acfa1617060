package page

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
	"k8s.io/apimachinery/pkg/util/wait"
	clocktesting "k8s.io/utils/clock/testing"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestQuantile(t *testing.T) {
	of := counts{total: 100, buckets: map[float64]uint64{0.01: 40, 0.1: 90, 1: 99}}
	for _, tc := range []struct {
		name string
		of   counts
		q    float64
		want time.Duration
	}{
		{"nothing counted is zero", counts{}, 0.5, 0},
		{"the median lies in the bucket that holds half", of, 0.5, 100 * time.Millisecond},
		{"what fills a bucket exactly lies in it", of, 0.99, time.Second},
		{"what lies above all buckets is told as the highest", of, 1, time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.of.quantile(tc.q); got != tc.want {
				t.Errorf("quantile(%v) = %v, want %v", tc.q, got, tc.want)
			}
		})
	}
}

func TestCountsSince(t *testing.T) {
	before := counts{total: 5, buckets: map[float64]uint64{1: 3}}
	if got := (counts{total: 9, buckets: map[float64]uint64{1: 4}}).since(before); got.total != 4 || got.buckets[1] != 1 {
		t.Errorf("since gives %+v, want 4 more, 1 in the bucket", got)
	}
	if got := (counts{total: 2, buckets: map[float64]uint64{1: 1}}).since(before); got.total != 2 || got.buckets[1] != 1 {
		t.Errorf("after a restart since gives %+v, want all of it", got)
	}
}

func TestSamplerSeesWhatIsObserved(t *testing.T) {
	registry := prometheus.NewRegistry()
	histogram := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: metricPropagation, Help: "h", Buckets: []float64{0.1, 1}}, []string{"peer"})
	heard := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: metricLastSync, Help: "h"}, []string{"peer"})
	registry.MustRegister(histogram, heard)
	fake := clocktesting.NewFakeClock(now)
	sampler := NewSampler(registry, fake)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- sampler.Start(ctx) }()
	until(t, fake.HasWaiters)

	for range kept + 3 {
		histogram.WithLabelValues("west").Observe(0.05)
		seen := len(sampler.Intervals())
		last := sampler.Intervals()
		fake.Step(interval)
		until(t, func() bool {
			next := sampler.Intervals()
			return len(next) > seen || len(last) == kept && next[kept-1].End != last[kept-1].End
		})
	}
	intervals := sampler.Intervals()
	if len(intervals) != kept {
		t.Fatalf("%d intervals are kept, want %d", len(intervals), kept)
	}
	for _, in := range intervals[1:] {
		if in.Changes != 1 || in.Median != 100*time.Millisecond {
			t.Fatalf("an interval is %+v, want one change within 100ms", in)
		}
	}
	if got, want := sampler.Lag(), (Lag{Changes: kept, Median: 0.1, P99: 0.1}); got != want {
		t.Errorf("the lag of what is kept is %+v, want %+v", got, want)
	}
	heard.WithLabelValues("west").Set(float64(now.Unix()))
	if got := sampler.heard()["west"]; !got.Equal(now) {
		t.Errorf("west was heard at %v, want %v", got, now)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Start returns %v", err)
	}
}

func TestWithoutAnyChangeThereIsNoLag(t *testing.T) {
	if got := NewSampler(prometheus.NewRegistry(), clocktesting.NewFakeClock(now)).Lag(); got != (Lag{}) {
		t.Errorf("the lag is %+v", got)
	}
}

// until waits until something holds.
func until(t *testing.T, holds func() bool) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), time.Millisecond, 2*time.Minute, true, func(context.Context) (bool, error) { return holds(), nil })
	if err != nil {
		t.Fatalf("it does not come about: %v", err)
	}
}

func TestPlot(t *testing.T) {
	p := plotOf(now, []Interval{
		{End: now.Add(-time.Hour), Changes: 7, Median: time.Second, P99: time.Second},
		{End: now.Add(-5 * time.Minute), Changes: 2, Median: 25 * time.Millisecond, P99: 100 * time.Millisecond},
		{End: now.Add(-time.Minute)},
		{End: now, Changes: 1, Median: time.Hour, P99: time.Hour},
	})
	if len(p.Points) != 2 || p.Changes != 3 {
		t.Fatalf("%d points of %d changes are drawn, want 2 of 3: what is too old or nothing is left out", len(p.Points), p.Changes)
	}
	if !strings.HasPrefix(p.Text, "3 changes in the last ten minutes; ") || !strings.Contains(p.Points[0].Text, ": 2 changes, half within 25ms") || !strings.Contains(p.Points[1].Text, ": 1 change, half within 1h0m0s") {
		t.Errorf("the plot says %q, and at its points %q and %q", p.Text, p.Points[0].Text, p.Points[1].Text)
	}
	for _, at := range p.Points {
		if at.X < plotLeft || at.X > plotWidth-plotRight || at.P99 < plotTop || at.Median > plotHeight-plotBottom {
			t.Errorf("a point lies outside the plot: %+v", at)
		}
	}
	if p.Points[0].Median <= p.Points[0].P99 {
		t.Error("a longer time must lie higher")
	}
	if text := plotOf(now, nil).Text; text != "No endpoint has changed in the last ten minutes." {
		t.Errorf("an empty plot says %q", text)
	}
}
