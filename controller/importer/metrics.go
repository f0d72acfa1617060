package importer

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// Metrics are this package's. Their labels are cluster ids of members, of which there are few.
type Metrics struct {
	propagation *prometheus.HistogramVec
}

// NewMetrics returns the metrics, to be registered by the caller.
func NewMetrics() *Metrics {
	return &Metrics{propagation: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "mcs_propagation_seconds",
		Help: "Time from a change of endpoints in the source cluster, by that cluster's clock, to the write of the imported EndpointSlice here.",
		// From ten milliseconds to about five minutes.
		Buckets: prometheus.ExponentialBuckets(0.01, 2, 15),
	}, []string{"peer"})}
}

// propagated observes an EndpointSlice that was changed just now. Slices that are made anew are not observed: their last change may
// be as old as the Service. A source cluster's clock that is ahead counts as no time at all.
func (m *Metrics) propagated(slice *discoveryv1.EndpointSlice, now time.Time) {
	if m == nil {
		return
	}
	triggered, err := time.Parse(time.RFC3339Nano, slice.Annotations[corev1.EndpointsLastChangeTriggerTime])
	if err != nil {
		return
	}
	m.propagation.WithLabelValues(slice.Labels[mcsv1beta1.LabelSourceCluster]).Observe(max(0, now.Sub(triggered).Seconds()))
}

// Describe implements [prometheus.Collector].
func (m *Metrics) Describe(descs chan<- *prometheus.Desc) { m.propagation.Describe(descs) }

// Collect implements [prometheus.Collector].
func (m *Metrics) Collect(metrics chan<- prometheus.Metric) { m.propagation.Collect(metrics) }
