package page

import (
	"math"
	"time"

	dto "github.com/prometheus/client_model/go"
)

// counts are the cumulative counts of a histogram, by the upper bounds of its buckets in seconds.
type counts struct {
	total   uint64
	buckets map[float64]uint64
}

// sum adds up the histograms of a family, whatever their labels.
func sum(family *dto.MetricFamily) counts {
	all := counts{buckets: map[float64]uint64{}}
	for _, metric := range family.GetMetric() {
		histogram := metric.GetHistogram()
		all.total += histogram.GetSampleCount()
		for _, bucket := range histogram.GetBucket() {
			all.buckets[bucket.GetUpperBound()] += bucket.GetCumulativeCount()
		}
	}
	return all
}

// since returns what was added after an earlier reading. A count that fell, after a restart of what is counted, begins anew.
func (c counts) since(earlier counts) counts {
	if c.total < earlier.total {
		return c
	}
	added := counts{total: c.total - earlier.total, buckets: make(map[float64]uint64, len(c.buckets))}
	for bound, n := range c.buckets {
		added.buckets[bound] = n - min(n, earlier.buckets[bound])
	}
	return added
}

// quantile is the upper bound of the bucket in which the quantile lies; the highest finite bound for what lies above it, and zero
// for nothing counted.
func (c counts) quantile(q float64) time.Duration {
	if c.total == 0 {
		return 0
	}
	rank := uint64(math.Ceil(q * float64(c.total)))
	least, highest := math.Inf(1), 0.0
	for bound, n := range c.buckets {
		if math.IsInf(bound, 1) {
			continue
		}
		highest = max(highest, bound)
		if n >= rank {
			least = min(least, bound)
		}
	}
	return time.Duration(min(least, highest) * float64(time.Second))
}
