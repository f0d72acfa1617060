package importer

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// Metrics are this package's. Their labels are cluster ids of members, of which there are few.
type Metrics struct {
	propagation *prometheus.HistogramVec
	stale       *prometheus.Desc
	reader      client.Reader
	silent      func() []mcs.ClusterID
}

// NewMetrics returns the metrics, to be registered by the caller, over the imported EndpointSlices that reader knows and the members
// that silent says are stale.
func NewMetrics(reader client.Reader, silent func() []mcs.ClusterID) *Metrics {
	return &Metrics{
		propagation: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "mcs_propagation_seconds",
			Help: "Time from a change of endpoints in the source cluster, by that cluster's clock, to the write of the imported EndpointSlice here.",
			// From ten milliseconds to about five minutes.
			Buckets: prometheus.ExponentialBuckets(0.01, 2, 15),
		}, []string{"peer"}),
		stale: prometheus.NewDesc("mcs_stale_endpoints",
			"Endpoints of a stale member that are still ready here, because no other member has a ready one. Absent for members that are not stale.",
			[]string{"peer"}, nil),
		reader: reader,
		silent: silent,
	}
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
func (m *Metrics) Describe(descs chan<- *prometheus.Desc) {
	m.propagation.Describe(descs)
	descs <- m.stale
}

// Collect implements [prometheus.Collector]. Endpoints are counted when they are asked for, and only while a member is stale.
func (m *Metrics) Collect(metrics chan<- prometheus.Metric) {
	m.propagation.Collect(metrics)
	counts := map[string]int{}
	for _, id := range m.silent() {
		counts[string(id)] = 0
	}
	if len(counts) == 0 {
		return
	}
	var list discoveryv1.EndpointSliceList
	if err := m.reader.List(context.Background(), &list, client.UnsafeDisableDeepCopy); err != nil {
		return // Without a cache to read from there is nothing to say.
	}
	for i := range list.Items {
		labels := list.Items[i].Labels
		if _, silent := counts[labels[mcsv1beta1.LabelSourceCluster]]; !silent || !isOurSlice(labels) {
			continue
		}
		for _, e := range list.Items[i].Endpoints {
			if e.Conditions.Ready == nil || *e.Conditions.Ready {
				counts[labels[mcsv1beta1.LabelSourceCluster]]++
			}
		}
	}
	for id, n := range counts {
		metrics <- prometheus.MustNewConstMetric(m.stale, prometheus.GaugeValue, float64(n), id)
	}
}
