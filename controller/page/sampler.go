package page

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"k8s.io/utils/clock"
)

const (
	interval = 5 * time.Second
	kept     = 120 // intervals: ten minutes
)

// The metrics that the page reads.
const (
	metricPropagation = "mcs_propagation_seconds"
	metricLastSync    = "mcs_peer_last_sync_timestamp_seconds"
)

// Sampler remembers the last ten minutes of propagation, from the metric that counts it. Make one with [NewSampler].
type Sampler struct {
	gatherer prometheus.Gatherer
	clock    clock.WithTicker

	mu        sync.Mutex
	intervals []Interval
}

// NewSampler returns a Sampler that reads from gatherer once it runs.
func NewSampler(gatherer prometheus.Gatherer, clock clock.WithTicker) *Sampler {
	return &Sampler{gatherer: gatherer, clock: clock}
}

// Start samples until ctx ends. It returns nil.
func (s *Sampler) Start(ctx context.Context) error {
	ticker := s.clock.NewTicker(interval)
	defer ticker.Stop()
	before := sum(s.family(metricPropagation))
	for {
		select {
		case <-ctx.Done():
			return nil
		case at := <-ticker.C():
			now := sum(s.family(metricPropagation))
			s.keep(at, now.since(before))
			before = now
		}
	}
}

// NeedLeaderElection says that a replica that waits samples too: it has nothing to sample, and is to be ready for its turn.
func (s *Sampler) NeedLeaderElection() bool { return false }

func (s *Sampler) keep(at time.Time, added counts) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.intervals = append(s.intervals, Interval{End: at, Changes: added.total, Median: added.quantile(0.5), P99: added.quantile(0.99)})
	s.intervals = s.intervals[max(0, len(s.intervals)-kept):]
}

// Intervals returns what was sampled, the oldest first.
func (s *Sampler) Intervals() []Interval {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.intervals)
}

// family returns one metric family, nil where there is none. A collector that fails hides nothing but its own.
func (s *Sampler) family(name string) *dto.MetricFamily {
	families, _ := s.gatherer.Gather() // what could be gathered comes along with an error
	for _, family := range families {
		if family.GetName() == name {
			return family
		}
	}
	return nil
}

// heard returns when each peer was heard last.
func (s *Sampler) heard() map[string]time.Time {
	heard := map[string]time.Time{}
	for _, metric := range s.family(metricLastSync).GetMetric() {
		for _, label := range metric.GetLabel() {
			if seconds := metric.GetGauge().GetValue(); label.GetName() == "peer" && seconds > 0 {
				heard[label.GetValue()] = time.UnixMilli(int64(seconds * 1000))
			}
		}
	}
	return heard
}
