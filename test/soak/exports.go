package main

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// exportsOf are the exports that the members' own objects amount to, by name.
func (w world) exportsOf() (map[types.NamespacedName][]mcs.Export, error) {
	all := map[types.NamespacedName][]mcs.Export{}
	for _, c := range w.clusters {
		for key, export := range c.exports {
			made, _, err := mcs.Sanitize(c.export(export, w.recorded[c.id][key]))
			if err != nil {
				return nil, fmt.Errorf("reading what %q exports: %w", c.id, err)
			}
			all[key] = append(all[key], made)
		}
	}
	return all, nil
}

// export is what one ServiceExport amounts to.
func (c cluster) export(from mcsv1beta1.ServiceExport, recorded time.Time) mcs.Export {
	key := types.NamespacedName{Namespace: from.Namespace, Name: from.Name}
	e := mcs.Export{Cluster: c.id, Key: key, Claimed: from.CreationTimestamp.Time, Recorded: recorded}
	service, found := c.services[key]
	switch {
	case !found:
		e.Invalid = string(mcsv1beta1.ServiceExportReasonNoService)
		return e
	case service.Spec.Type == corev1.ServiceTypeExternalName:
		e.Invalid = string(mcsv1beta1.ServiceExportReasonInvalidServiceType)
		return e
	}
	spec := service.Spec
	e.Type = mcsv1beta1.ClusterSetIP
	if spec.ClusterIP == corev1.ClusterIPNone {
		e.Type = mcsv1beta1.Headless
	}
	for _, p := range spec.Ports {
		e.Ports = append(e.Ports, mcs.Port{Name: p.Name, Protocol: p.Protocol, AppProtocol: p.AppProtocol, Port: p.Port})
	}
	e.IPFamilies = spec.IPFamilies
	e.SessionAffinity = spec.SessionAffinity
	if config := spec.SessionAffinityConfig; config != nil {
		e.AffinityTimeout = config.ClientIP.TimeoutSeconds
	}
	e.InternalTrafficPolicy, e.TrafficDistribution = spec.InternalTrafficPolicy, spec.TrafficDistribution
	e.Labels, e.Annotations = from.Spec.ExportedLabels, from.Spec.ExportedAnnotations
	for _, s := range c.slices {
		if s.Namespace != key.Namespace || s.Labels[discoveryv1.LabelServiceName] != key.Name || oursSlice(s) {
			continue
		}
		if owner := metav1.GetControllerOf(&s); owner == nil || owner.UID == service.UID {
			e.Slices = append(e.Slices, sliceFrom(s))
		}
	}
	return e
}

func sliceFrom(from discoveryv1.EndpointSlice) mcs.Slice {
	made := mcs.Slice{Name: from.Name, AddressType: from.AddressType}
	for _, p := range from.Ports {
		made.Ports = append(made.Ports, mcs.SlicePort{
			Name: ptr.Deref(p.Name, ""), Protocol: ptr.Deref(p.Protocol, corev1.ProtocolTCP), AppProtocol: p.AppProtocol, Port: p.Port,
		})
	}
	for _, e := range from.Endpoints {
		made.Endpoints = append(made.Endpoints, mcs.Endpoint{
			Addresses: e.Addresses, Hostname: ptr.Deref(e.Hostname, ""), Zone: ptr.Deref(e.Zone, ""),
			Ready: e.Conditions.Ready, Serving: e.Conditions.Serving, Terminating: e.Conditions.Terminating,
		})
	}
	return made
}
