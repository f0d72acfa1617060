package main

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// wanted is what the exports of one name must have become in a cluster that serves IPv4 alone or both families. The addresses
// of an import are the derived Service's, whichever the cluster gave it.
func (c cluster) wanted(key types.NamespacedName, exports []mcs.Export) view {
	imp := mcs.Merge(exports)
	want := view{Slices: map[string]sliceView{}, Export: c.wantedConditions(exports, imp)}
	if !imp.Exists() || !c.namespaces[key.Namespace] {
		return want
	}
	families := imp.Serves(c.families())
	derived := ""
	want.Import = &importView{
		Type:         string(imp.Type),
		Ports:        mergedPorts(imp),
		IPFamilies:   families,
		Affinity:     affinityText(imp.SessionAffinity, imp.AffinityTimeout),
		Policy:       string(ptr.Deref(imp.InternalTrafficPolicy, "")),
		Distribution: ptr.Deref(imp.TrafficDistribution, ""),
		Labels:       imp.Labels,
		Annotations:  imp.Annotations,
		Ready:        "Ready=True/Ready",
	}
	for _, id := range imp.Clusters {
		want.Import.Clusters = append(want.Import.Clusters, string(id))
	}
	if imp.Type == mcsv1beta1.ClusterSetIP && len(imp.Ports) > 0 {
		derived = mcs.DerivedServiceName(key)
		service := c.services[types.NamespacedName{Namespace: key.Namespace, Name: derived}]
		want.Import.IPs = service.Spec.ClusterIPs
		want.Derived = &derivedView{
			Ports:    mergedPorts(imp),
			Affinity: want.Import.Affinity,
			Policy:   string(ptr.Deref(imp.InternalTrafficPolicy, corev1.ServiceInternalTrafficPolicyCluster)),
		}
	}
	if derived == "" {
		derived = mcs.NoService
	}
	for _, s := range imp.Slices {
		want.Slices[mcs.SliceName(s.Cluster, key, s.Name)] = wantedSlice(imp, s, derived)
	}
	return want
}

func wantedSlice(imp mcs.Import, s mcs.ImportedSlice, derived string) sliceView {
	v := sliceView{Cluster: string(s.Cluster), Source: s.Name, Service: derived, Type: s.AddressType}
	for _, p := range s.Ports {
		v.Ports = append(v.Ports, portText(p.Name, p.Protocol, ptr.Deref(p.Port, 0), p.AppProtocol))
	}
	for _, e := range s.Endpoints {
		v.Endpoints = append(v.Endpoints, endpointText(e.Addresses, e.Ready, e.Serving, e.Terminating, e.Hostname, e.Zone, imp.Hints(e)))
	}
	return v
}

func mergedPorts(imp mcs.Import) []string {
	var ports []string
	for _, p := range imp.Ports {
		ports = append(ports, portText(p.Name, p.Protocol, p.Port, p.AppProtocol))
	}
	return ports
}

// wantedConditions are those of this cluster's own ServiceExport.
func (c cluster) wantedConditions(exports []mcs.Export, imp mcs.Import) string {
	for _, e := range exports {
		if e.Cluster != c.id {
			continue
		}
		text := conditionText(mcs.ValidCondition(e, 0)) + " " + conditionText(readyExport(e.Invalid != "")) + " "
		if e.Invalid == "" {
			text += conditionText(mcs.ConflictCondition(imp, 0)) + " "
		}
		return text
	}
	return ""
}

// families are those that the cluster gives to Services: the API server's own Service has the first of them.
func (c cluster) families() []corev1.IPFamily {
	return c.services[types.NamespacedName{Namespace: "default", Name: "kubernetes"}].Spec.IPFamilies
}
