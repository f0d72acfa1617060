package multicluster

import (
	"time"

	"github.com/coredns/coredns/plugin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// programmingDuration is the Kubernetes SLI of DNS programming: how long after
// the change of an endpoint, in whichever cluster, its address was in answers.
var programmingDuration = promauto.NewHistogramVec(prometheus.HistogramOpts{
	Namespace: plugin.Namespace, Subsystem: pluginName, Name: "dns_programming_duration_seconds",
	Help:                        "Seconds from the change of an endpoint in its cluster to the answers that show it, by kind of service.",
	Buckets:                     prometheus.ExponentialBuckets(0.001, 2, 20), // 1 ms to 9 min
	NativeHistogramBucketFactor: plugin.NativeHistogramBucketFactor,
}, []string{"service_kind"})

// observeProgramming takes an EndpointSlice that has just been published. Those
// that carry no time of their last change, and those read before the first sync,
// say nothing about how fast a change arrives.
func (f *feed) observeProgramming(object any) {
	o, ok := object.(*discoveryv1.EndpointSlice)
	if !ok {
		return
	}
	changed, err := time.Parse(time.RFC3339Nano, o.Annotations[corev1.EndpointsLastChangeTriggerTime])
	if err != nil {
		return
	}
	s := f.current.Load()
	if s == nil || s.stale() {
		return
	}
	svc, _ := s.services.get(serviceKey(o.Labels[mcsv1beta1.LabelServiceName], o.Namespace))
	if svc == nil || svc.imp == nil {
		return
	}
	kind := "cluster_set_ip"
	if svc.imp.headless {
		kind = "headless"
	}
	programmingDuration.WithLabelValues(kind).Observe(max(0, time.Since(changed).Seconds()))
}
