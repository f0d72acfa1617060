package mcs

import (
	"slices"

	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// Frozen returns the import of a name while the hub has not been heard since this controller started, when nothing may be merged
// because absence is not proven. The ServiceImport as it stands is the result of the last merge: its ports, type, families and
// clusters stay what it says. Only the endpoints of this cluster, self, follow what is known here and now.
//
//	ServiceImport  clusters     own        import
//	none           -            none       does not exist
//	none           -            valid      own alone, as if merged
//	found          any          valid      as found, own endpoints as they are now
//	found          self         withdrawn  does not exist
//	found          self, b      withdrawn  as found, without self and its endpoints
//	found          b, or none   withdrawn  as found
//
// An own export is withdrawn if it is nil or invalid. kept are the imported slices as they stand; those of self among them are
// ignored. The result has no Conflicts: what was last written of them on the ServiceExport stays, and is not to be written anew.
func Frozen(si *mcsv1beta1.ServiceImport, kept []ImportedSlice, self ClusterID, own *Export) Import {
	if own != nil && own.Invalid != "" {
		own = nil
	}
	if si == nil {
		if own == nil {
			return Import{}
		}
		return Merge([]Export{*own})
	}
	clusters := statedClusters(si)
	if own == nil && slices.Equal(clusters, []ClusterID{self}) {
		return Import{}
	}
	imp := asFound(si)
	imp.Slices = slices.DeleteFunc(slices.Clone(kept), func(s ImportedSlice) bool { return s.Cluster == self })
	imp.Clusters = clusters
	if own == nil {
		imp.Clusters = slices.DeleteFunc(clusters, func(id ClusterID) bool { return id == self })
	} else {
		imp.Slices = append(imp.Slices, importedSlices(*own, namesOf(imp.Ports))...)
	}
	slices.SortStableFunc(imp.Slices, bySource)
	return imp
}

// statedClusters returns status.clusters, sorted, without what is no cluster id.
func statedClusters(si *mcsv1beta1.ServiceImport) []ClusterID {
	var clusters []ClusterID
	for _, c := range si.Status.Clusters {
		if id, err := ParseClusterID(c.Cluster); err == nil {
			clusters = append(clusters, id)
		}
	}
	slices.Sort(clusters)
	return slices.Compact(clusters)
}

// asFound reads an import's properties back from the ServiceImport it became.
func asFound(si *mcsv1beta1.ServiceImport) Import {
	spec := si.Spec
	imp := Import{
		Type:                  spec.Type,
		Ports:                 make([]Port, 0, len(spec.Ports)),
		IPFamilies:            slices.Clone(spec.IPFamilies),
		SessionAffinity:       affinity(Export{SessionAffinity: spec.SessionAffinity}),
		InternalTrafficPolicy: spec.InternalTrafficPolicy,
		TrafficDistribution:   spec.TrafficDistribution,
		Labels:                unreserved(si.Labels),
		Annotations:           unreserved(si.Annotations),
	}
	imp.Key.Namespace, imp.Key.Name = si.Namespace, si.Name
	if imp.Type == "" {
		// The schema asks for a type. Should one be served that does not, a ServiceImport is still there and must not be taken for none.
		imp.Type = mcsv1beta1.ClusterSetIP
	}
	if config := spec.SessionAffinityConfig; config != nil && config.ClientIP != nil {
		imp.AffinityTimeout = config.ClientIP.TimeoutSeconds
	}
	for _, p := range spec.Ports {
		imp.Ports = append(imp.Ports, Port{Name: p.Name, Protocol: defaultProtocol(p.Protocol), AppProtocol: p.AppProtocol, Port: p.Port})
	}
	return imp
}
