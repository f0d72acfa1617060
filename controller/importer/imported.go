package importer

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// imported says what the import is:
//
//	namespace denied, or ServiceImport not ours   nothing
//	this cluster has left the clusterset          nothing
//	this cluster is not registered                as it stands, and nothing new
//	hub not read since start                      as it stands, with this cluster's endpoints as they are
//	otherwise                                     all exports merged; members that are held count as last imported, and the
//	                                              endpoints of stale ones step back where another member can serve
//
// While no cluster has the Service any more, but one keeps its export, a graced import stays without endpoints: a Service that is
// replaced within seconds keeps its IP.
func (f facts) imported() mcs.Import {
	if f.denied || f.departed || f.taken() {
		return mcs.Import{Key: f.key}
	}
	imp := f.merged()
	if !imp.Exists() && f.graced && f.ours() != nil {
		imp = mcs.Merge([]mcs.Export{f.remembered(f.self)})
		imp.Slices, imp.Clusters = nil, nil
		if !f.synced {
			imp.Clusters = []mcs.ClusterID{f.self} // By this the import is known as this cluster's own when the grace is over.
		}
	}
	imp.Key = f.key
	return imp
}

// merged is what all exports of the name amount to, as far as they are known.
func (f facts) merged() mcs.Import {
	if !f.synced {
		if f.unregistered && f.ours() == nil {
			return mcs.Import{} // What is no member imports nothing, its own exports neither.
		}
		imp := mcs.Frozen(f.ours(), f.kept(), f.self, f.own)
		if imp.Exists() && len(imp.IPFamilies) == 0 {
			imp.IPFamilies = f.families()
		}
		return imp
	}
	exports := slices.Clone(f.others)
	for i, e := range exports {
		if slices.Contains(f.unproven, e.Cluster) {
			exports[i].Slices = f.withKept(e)
		}
	}
	if f.own != nil {
		exports = append(exports, *f.own)
	}
	for _, cluster := range f.held {
		exports = append(exports, f.remembered(cluster))
	}
	return mcs.Demote(mcs.Merge(exports), f.stale)
}

// families are the IP families of the ServiceImport; where its schema stores none, those of the Service that holds its IP, or all
// that this cluster supports.
func (f facts) families() []corev1.IPFamily {
	switch {
	case len(f.found.Spec.IPFamilies) > 0:
		return f.found.Spec.IPFamilies
	case f.service != nil && isOurs(f.service.Labels) && len(f.service.Spec.IPFamilies) > 0:
		return f.service.Spec.IPFamilies
	}
	return f.supported
}

// longAgo is the age at which an export is merged that is known from its import only: what was merged of it last time stands, until
// its member says otherwise.
var longAgo = time.Unix(0, 0)

// remembered is the export of a cluster as the ServiceImport and its EndpointSlices tell of it. There must be a ServiceImport.
func (f facts) remembered(cluster mcs.ClusterID) mcs.Export {
	si := f.found
	e := mcs.Export{
		Cluster:               cluster,
		Key:                   f.key,
		Claimed:               longAgo,
		Recorded:              longAgo,
		Type:                  si.Spec.Type,
		IPFamilies:            f.families(),
		SessionAffinity:       si.Spec.SessionAffinity,
		InternalTrafficPolicy: si.Spec.InternalTrafficPolicy,
		TrafficDistribution:   si.Spec.TrafficDistribution,
		Labels:                si.Labels,
		Annotations:           si.Annotations,
	}
	if config := si.Spec.SessionAffinityConfig; config != nil && config.ClientIP != nil {
		e.AffinityTimeout = config.ClientIP.TimeoutSeconds
	}
	for _, p := range si.Spec.Ports {
		e.Ports = append(e.Ports, mcs.Port{Name: p.Name, Protocol: p.Protocol, AppProtocol: p.AppProtocol, Port: p.Port})
	}
	for _, s := range f.kept() {
		if s.Cluster == cluster {
			e.Slices = append(e.Slices, s.Slice)
		}
	}
	return e
}

// kept are the imported slices as they stand. A slice whose name does not follow from what it says of itself is not among them:
// somebody has changed it, or made it.
func (f facts) kept() []mcs.ImportedSlice {
	var kept []mcs.ImportedSlice
	for i := range f.slices {
		if s := fromSlice(&f.slices[i]); mcs.SliceName(s.Cluster, f.key, s.Name) == f.slices[i].Name {
			kept = append(kept, s)
		}
	}
	return kept
}

// withKept are the slices of an export and those last imported from its cluster that are not among them: that a slice is missing
// proves nothing until the cluster has said that all it has is there.
func (f facts) withKept(e mcs.Export) []mcs.Slice {
	all := slices.Clone(e.Slices)
	for _, s := range f.kept() {
		if s.Cluster == e.Cluster && !slices.ContainsFunc(e.Slices, func(known mcs.Slice) bool { return known.Name == s.Name }) {
			all = append(all, s.Slice)
		}
	}
	return all
}

// waiting says whether no cluster has the Service while one at least keeps its export of it.
func (f facts) waiting() bool {
	exports := slices.Clone(f.others)
	if f.own != nil {
		exports = append(exports, *f.own)
	}
	waiting := false
	for _, e := range exports {
		if e.Invalid == "" {
			return false
		}
		waiting = waiting || e.Invalid == noService
	}
	return waiting && len(f.held) == 0
}
