package export

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// Metrics are this package's: what it leaves out of exports, and how its ServiceExports stand. The latter is read from the caches
// when it is asked for, so that it is never out of step. All labels have few values, whatever is exported.
type Metrics struct {
	dropped   *prometheus.CounterVec
	exports   *prometheus.Desc
	conflicts *prometheus.Desc
	reader    client.Reader

	mu      sync.Mutex
	counted map[types.NamespacedName][]mcs.Rejection
}

// NewMetrics returns metrics over the ServiceExports that reader knows, to be registered by the caller.
func NewMetrics(reader client.Reader) *Metrics {
	return &Metrics{
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mcs_export_dropped_total",
			Help: "Parts of this cluster's services, such as addresses, that were left out of their exports, by reason.",
		}, []string{"reason"}),
		exports: prometheus.NewDesc("mcs_exports",
			"ServiceExports of this cluster, by state: ready, pending, failed or invalid.", []string{"state"}, nil),
		conflicts: prometheus.NewDesc("mcs_export_conflicts",
			"ServiceExports of this cluster that are in conflict with another cluster's, by reason.", []string{"reason"}, nil),
		reader:  reader,
		counted: make(map[types.NamespacedName][]mcs.Rejection),
	}
}

// conflictReasons are the API's reasons of a Conflict condition.
var conflictReasons = []string{
	string(mcsv1beta1.ServiceExportReasonPortConflict),
	string(mcsv1beta1.ServiceExportReasonTypeConflict),
	string(mcsv1beta1.ServiceExportReasonSessionAffinityConflict),
	string(mcsv1beta1.ServiceExportReasonSessionAffinityConfigConflict),
	string(mcsv1beta1.ServiceExportReasonLabelsConflict),
	string(mcsv1beta1.ServiceExportReasonAnnotationsConflict),
	string(mcsv1beta1.ServiceExportReasonInternalTrafficPolicyConflict),
	string(mcsv1beta1.ServiceExportReasonTrafficDistributionConflict),
	string(mcsv1beta1.ServiceExportReasonIPFamilyConflict),
}

// rejected counts what was left out of the export of key, once for as long as it stays left out.
func (m *Metrics) rejected(key types.NamespacedName, rejections []mcs.Rejection) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, rejection := range rejections {
		if !slices.Contains(m.counted[key], rejection) {
			m.dropped.WithLabelValues(rejection.Reason).Inc()
		}
	}
	if len(rejections) == 0 {
		delete(m.counted, key)
		return
	}
	m.counted[key] = rejections
}

// Describe implements [prometheus.Collector].
func (m *Metrics) Describe(descs chan<- *prometheus.Desc) {
	m.dropped.Describe(descs)
	descs <- m.exports
	descs <- m.conflicts
}

// Collect implements [prometheus.Collector]. Without a cache to read from it reports what was left out and nothing else.
func (m *Metrics) Collect(metrics chan<- prometheus.Metric) {
	m.dropped.Collect(metrics)
	var list mcsv1beta1.ServiceExportList
	if err := m.reader.List(context.Background(), &list, client.UnsafeDisableDeepCopy); err != nil {
		return
	}
	states := map[string]int{"ready": 0, "pending": 0, "failed": 0, "invalid": 0}
	reasons := map[string]int{}
	for i := range list.Items {
		current := list.Items[i].Status.Conditions
		states[stateOf(current)]++
		if conflict := meta.FindStatusCondition(current, string(mcsv1beta1.ServiceExportConditionConflict)); conflict != nil && conflict.Status == metav1.ConditionTrue {
			for reason := range strings.SplitSeq(conflict.Reason, ",") {
				if slices.Contains(conflictReasons, reason) { // Anybody with the right to may write a status.
					reasons[reason]++
				}
			}
		}
	}
	for state, n := range states {
		metrics <- prometheus.MustNewConstMetric(m.exports, prometheus.GaugeValue, float64(n), state)
	}
	for reason, n := range reasons {
		metrics <- prometheus.MustNewConstMetric(m.conflicts, prometheus.GaugeValue, float64(n), reason)
	}
}

// stateOf puts the conditions of a ServiceExport in one word.
func stateOf(current []metav1.Condition) string {
	ready := meta.FindStatusCondition(current, string(mcsv1beta1.ServiceExportConditionReady))
	switch {
	case meta.IsStatusConditionFalse(current, string(mcsv1beta1.ServiceExportConditionValid)):
		return "invalid"
	case ready != nil && ready.Status == metav1.ConditionTrue:
		return "ready"
	case ready != nil && ready.Reason == string(mcsv1beta1.ServiceExportReasonFailed):
		return "failed"
	}
	return "pending"
}
