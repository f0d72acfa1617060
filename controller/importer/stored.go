package importer

import (
	"sync/atomic"

	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// schemaKeeps says which of the newer fields of a ServiceImport the served schema stores. An older one drops the others without a
// word, and a comparison that misses them would write the same again at every turn. The zero value stores none.
type schemaKeeps struct {
	ipFamilies, internalTrafficPolicy, trafficDistribution, endpointSliceObjects bool
}

// spec returns s without the fields that are not stored.
func (k schemaKeeps) spec(s mcsv1beta1.ServiceImportSpec) mcsv1beta1.ServiceImportSpec {
	if !k.ipFamilies {
		s.IPFamilies = nil
	}
	if !k.internalTrafficPolicy {
		s.InternalTrafficPolicy = nil
	}
	if !k.trafficDistribution {
		s.TrafficDistribution = nil
	}
	return s
}

// status returns s without the fields that are not stored.
func (k schemaKeeps) status(s mcsv1beta1.ServiceImportStatus) mcsv1beta1.ServiceImportStatus {
	if !k.endpointSliceObjects {
		s.EndpointSliceObjects = ""
	}
	return s
}

// learned is what the served schema stores from what it answers to writes: everything, until an answer lacks what was sent. It
// may be used concurrently. A schema that is replaced by a newer one is noticed with the next write.
type learned struct {
	drops atomic.Pointer[schemaKeeps]
}

var keepsAll = schemaKeeps{ipFamilies: true, internalTrafficPolicy: true, trafficDistribution: true, endpointSliceObjects: true}

func (s *learned) keeps() schemaKeeps {
	if k := s.drops.Load(); k != nil {
		return *k
	}
	return keepsAll
}

// learnSpec compares the spec that was sent with the one that was stored. What was not sent teaches nothing.
func (s *learned) learnSpec(sent, stored mcsv1beta1.ServiceImportSpec) {
	k := s.keeps()
	if len(sent.IPFamilies) > 0 {
		k.ipFamilies = len(stored.IPFamilies) > 0
	}
	if sent.InternalTrafficPolicy != nil {
		k.internalTrafficPolicy = stored.InternalTrafficPolicy != nil
	}
	if sent.TrafficDistribution != nil {
		k.trafficDistribution = stored.TrafficDistribution != nil
	}
	s.drops.Store(&k)
}

// learnStatus does the same for the status.
func (s *learned) learnStatus(sent, stored mcsv1beta1.ServiceImportStatus) {
	k := s.keeps()
	if sent.EndpointSliceObjects != "" {
		k.endpointSliceObjects = stored.EndpointSliceObjects != ""
	}
	s.drops.Store(&k)
}
