package main

import (
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// found are the objects of each name in a cluster as they are.
func (c cluster) found() map[types.NamespacedName]view {
	all := map[types.NamespacedName]view{}
	change := func(key types.NamespacedName, f func(*view)) {
		v, known := all[key]
		if !known {
			v.Slices = map[string]sliceView{}
		}
		f(&v)
		all[key] = v
	}
	for key, o := range c.exports {
		change(key, func(v *view) {
			v.Export = conditionsIn(o.Status.Conditions, o.Generation,
				mcsv1beta1.ServiceExportConditionValid, mcsv1beta1.ServiceExportConditionReady, mcsv1beta1.ServiceExportConditionConflict)
		})
	}
	for key, o := range c.imports {
		change(key, func(v *view) { v.Import = foundImport(o) })
	}
	for key, o := range c.services {
		if !ours(o.Labels) {
			continue
		}
		d := &derivedView{Affinity: affinityText(o.Spec.SessionAffinity, affinityTimeout(o.Spec.SessionAffinityConfig)), Policy: string(ptr.Deref(o.Spec.InternalTrafficPolicy, ""))}
		for _, p := range o.Spec.Ports {
			d.Ports = append(d.Ports, portText(p.Name, p.Protocol, p.Port, p.AppProtocol))
		}
		change(types.NamespacedName{Namespace: key.Namespace, Name: o.Labels[mcsv1beta1.LabelServiceName]}, func(v *view) { v.Derived = d })
	}
	c.foundSlices(change)
	return all
}

func foundImport(o mcsv1beta1.ServiceImport) *importView {
	v := &importView{
		Type:         string(o.Spec.Type),
		IPFamilies:   o.Spec.IPFamilies,
		IPs:          o.Spec.IPs,
		Affinity:     affinityText(o.Spec.SessionAffinity, affinityTimeout(o.Spec.SessionAffinityConfig)),
		Policy:       string(ptr.Deref(o.Spec.InternalTrafficPolicy, "")),
		Distribution: ptr.Deref(o.Spec.TrafficDistribution, ""),
		Labels:       without(o.Labels, mcs.LabelManagedBy),
		Annotations:  without(o.Annotations, mcs.AnnotationDerivedService),
	}
	for _, p := range o.Spec.Ports {
		v.Ports = append(v.Ports, portText(p.Name, p.Protocol, p.Port, p.AppProtocol))
	}
	for _, s := range o.Status.Clusters {
		v.Clusters = append(v.Clusters, s.Cluster)
	}
	for _, condition := range o.Status.Conditions {
		if condition.Type == string(mcsv1beta1.ServiceImportConditionReady) {
			v.Ready = conditionText(condition)
		}
	}
	return v
}

func (c cluster) foundSlices(change func(types.NamespacedName, func(*view))) {
	for _, o := range c.slices {
		if !oursSlice(o) {
			continue
		}
		s := sliceView{
			Cluster: o.Labels[mcsv1beta1.LabelSourceCluster],
			Source:  o.Annotations[mcs.AnnotationSourceSlice],
			Service: o.Labels["kubernetes.io/service-name"],
			Type:    o.AddressType,
		}
		for _, p := range o.Ports {
			s.Ports = append(s.Ports, portText(ptr.Deref(p.Name, ""), ptr.Deref(p.Protocol, ""), ptr.Deref(p.Port, 0), p.AppProtocol))
		}
		for _, e := range o.Endpoints {
			s.Endpoints = append(s.Endpoints, endpointText(e.Addresses, e.Conditions.Ready, e.Conditions.Serving, e.Conditions.Terminating,
				ptr.Deref(e.Hostname, ""), ptr.Deref(e.Zone, ""), e.Hints))
		}
		change(types.NamespacedName{Namespace: o.Namespace, Name: o.Labels[mcsv1beta1.LabelServiceName]}, func(v *view) { v.Slices[o.Name] = s })
	}
}
