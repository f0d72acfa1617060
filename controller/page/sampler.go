package page

import (
	"context"
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

	mu       sync.Mutex
	readings []reading // at the start, and then after each interval that is kept
}

// reading is what was counted up to a time.
type reading struct {
	counts
	at time.Time
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
	s.keep(s.read(s.clock.Now()))
	for {
		select {
		case <-ctx.Done():
			return nil
		case at := <-ticker.C():
			s.keep(s.read(at))
		}
	}
}

// NeedLeaderElection says that a replica that waits samples too: it has nothing to sample, and is to be ready for its turn.
func (s *Sampler) NeedLeaderElection() bool { return false }

// read is what is counted by now, which is at.
func (s *Sampler) read(at time.Time) reading {
	return reading{counts: sum(s.family(metricPropagation)), at: at}
}

func (s *Sampler) keep(now reading) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readings = append(s.readings, now)
	s.readings = s.readings[max(0, len(s.readings)-kept-1):]
}

// Lag returns how long the changes took that arrived in what is kept.
func (s *Sampler) Lag() Lag {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.readings) == 0 {
		return Lag{}
	}
	added := s.readings[len(s.readings)-1].since(s.readings[0].counts)
	return Lag{Changes: added.total, Median: added.quantile(0.5).Seconds(), P99: added.quantile(0.99).Seconds()}
}

// Intervals returns what was sampled, the oldest first.
func (s *Sampler) Intervals() []Interval {
	s.mu.Lock()
	defer s.mu.Unlock()
	var intervals []Interval
	for i := 1; i < len(s.readings); i++ {
		added := s.readings[i].since(s.readings[i-1].counts)
		intervals = append(intervals, Interval{End: s.readings[i].at, Changes: added.total, Median: added.quantile(0.5), P99: added.quantile(0.99)})
	}
	return intervals
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
