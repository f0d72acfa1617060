package mcs

import (
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
)

// Hints returns the hints of an imported endpoint: its own zone where the service prefers close endpoints and the endpoint states
// one, else nil. The source cluster's hints were computed for the source cluster's nodes and do not cross. A node never is the same
// in another cluster, so that PreferSameNode is served as PreferSameZone, its fallback. Proxies fall back by themselves as long as
// one ready endpoint has no hint (KEP-1645, "Traffic Distribution").
func (imp Import) Hints(e Endpoint) *discoveryv1.EndpointHints {
	if e.Zone == "" || imp.TrafficDistribution == nil {
		return nil
	}
	switch *imp.TrafficDistribution {
	case corev1.ServiceTrafficDistributionPreferClose,
		corev1.ServiceTrafficDistributionPreferSameZone,
		corev1.ServiceTrafficDistributionPreferSameNode:
		return &discoveryv1.EndpointHints{ForZones: []discoveryv1.ForZone{{Name: e.Zone}}}
	}
	return nil
}
