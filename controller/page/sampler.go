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
	readings  []counts // at the start, and then after each interval that is kept
}

// Lag is how long the endpoint changes of the last ten minutes took, from the change in the source cluster to the write in this
// one, no finer than the buckets of the histogram.
type Lag struct {
	// Changes is how many arrived.
	Changes uint64 `json:"changes"`
	// Median and P99 are in seconds; zero where nothing arrived.
	Median float64 `json:"p50Seconds,omitempty"`
	P99    float64 `json:"p99Seconds,omitempty"`
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
	s.begin(before)
	for {
		select {
		case <-ctx.Done():
			return nil
		case at := <-ticker.C():
			now := sum(s.family(metricPropagation))
			s.keep(at, now.since(before), now)
			before = now
		}
	}
}

// NeedLeaderElection says that a replica that waits samples too: it has nothing to sample, and is to be ready for its turn.
func (s *Sampler) NeedLeaderElection() bool { return false }

func (s *Sampler) begin(reading counts) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readings = []counts{reading}
}

func (s *Sampler) keep(at time.Time, added, reading counts) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.intervals = append(s.intervals, Interval{End: at, Changes: added.total, Median: added.quantile(0.5), P99: added.quantile(0.99)})
	s.intervals = s.intervals[max(0, len(s.intervals)-kept):]
	s.readings = append(s.readings, reading)
	s.readings = s.readings[max(0, len(s.readings)-kept-1):]
}

// Lag returns how long the changes took that arrived in what is kept.
func (s *Sampler) Lag() Lag {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.readings) == 0 {
		return Lag{}
	}
	added := s.readings[len(s.readings)-1].since(s.readings[0])
	return Lag{Changes: added.total, Median: added.quantile(0.5).Seconds(), P99: added.quantile(0.99).Seconds()}
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
