package hub

import (
	"cmp"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	hubv1alpha1 "github.com/multicluster-dns/multicluster-dns/controller/hub/api/v1alpha1"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// serviceRecord is an ExportedService as it is kept.
type serviceRecord struct {
	// export has everything but its cluster, which follows from where the record lies, and its slices.
	export mcs.Export
	// problem says why the record is not to be used; "" for a good one.
	problem string
}

// sliceRecord is an ExportedEndpointSlice as it is kept.
type sliceRecord struct {
	key     types.NamespacedName
	slice   mcs.Slice
	problem string
}

// readService converts an ExportedService.
func readService(object *hubv1alpha1.ExportedService) serviceRecord {
	spec := &object.Spec
	key := types.NamespacedName{Namespace: spec.Namespace, Name: spec.Name}
	record := serviceRecord{export: mcs.Export{
		Key:                   key,
		Invalid:               spec.Invalid,
		Claimed:               spec.Claimed.UTC(),
		Recorded:              object.GetCreationTimestamp().UTC(),
		Type:                  mcsv1beta1.ServiceImportType(spec.Type),
		IPFamilies:            spec.IPFamilies,
		SessionAffinity:       spec.SessionAffinity,
		AffinityTimeout:       spec.AffinityTimeoutSeconds,
		InternalTrafficPolicy: spec.InternalTrafficPolicy,
		TrafficDistribution:   spec.TrafficDistribution,
		Labels:                spec.Labels,
		Annotations:           spec.Annotations,
	}}
	for _, p := range spec.Ports {
		record.export.Ports = append(record.export.Ports, mcs.Port{Name: p.Name, Protocol: p.Protocol, AppProtocol: p.AppProtocol, Port: p.Port})
	}
	record.problem = misnamed(object.GetName(), mcs.RecordName(key))
	return record
}

// readSlice converts an ExportedEndpointSlice.
func readSlice(object *hubv1alpha1.ExportedEndpointSlice) sliceRecord {
	spec := &object.Spec
	key := types.NamespacedName{Namespace: spec.Namespace, Name: spec.Name}
	record := sliceRecord{key: key, slice: mcs.Slice{Name: spec.Source, AddressType: spec.AddressType}}
	if spec.Triggered != nil {
		record.slice.Triggered = spec.Triggered.UTC()
	}
	for _, p := range spec.Ports {
		record.slice.Ports = append(record.slice.Ports, mcs.SlicePort{Name: p.Name, Protocol: p.Protocol, AppProtocol: p.AppProtocol, Port: p.Port})
	}
	if len(spec.Endpoints) > 0 {
		record.slice.Endpoints = make([]mcs.Endpoint, 0, len(spec.Endpoints))
	}
	for _, e := range spec.Endpoints {
		record.slice.Endpoints = append(record.slice.Endpoints, mcs.Endpoint{
			Addresses: e.Addresses, Hostname: e.Hostname, Zone: e.Zone, Ready: e.Ready, Serving: e.Serving, Terminating: e.Terminating,
		})
	}
	record.problem = misnamed(object.GetName(), mcs.RecordSliceName(key, spec.Source))
	return record
}

// misnamed says what is wrong with a record's object name. The name is a hash of what the record is of, so that one member
// cannot have two records of the same thing, and none says in its content that it is another than it was created as.
func misnamed(name, want string) string {
	if name == want {
		return ""
	}
	return fmt.Sprintf("the record is named %q and its content belongs under %q", name, want)
}

// serviceObject returns the record of an export for the hub namespace. An invalid export has no properties but its reason.
func serviceObject(namespace string, e mcs.Export) *hubv1alpha1.ExportedService {
	object := &hubv1alpha1.ExportedService{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: mcs.RecordName(e.Key)},
		Spec: hubv1alpha1.ExportedServiceSpec{
			Namespace: e.Key.Namespace,
			Name:      e.Key.Name,
			Claimed:   metav1.NewTime(e.Claimed.Truncate(time.Second)),
			Invalid:   e.Invalid,
		},
	}
	if e.Invalid != "" {
		return object
	}
	spec := &object.Spec
	spec.Type = string(e.Type)
	spec.IPFamilies = e.IPFamilies
	spec.SessionAffinity = e.SessionAffinity
	if e.SessionAffinity == corev1.ServiceAffinityClientIP {
		spec.AffinityTimeoutSeconds = e.AffinityTimeout
	}
	spec.InternalTrafficPolicy = e.InternalTrafficPolicy
	spec.TrafficDistribution = e.TrafficDistribution
	spec.Labels, spec.Annotations = e.Labels, e.Annotations
	for _, p := range e.Ports {
		spec.Ports = append(spec.Ports, hubv1alpha1.ExportedPort{Name: p.Name, Protocol: cmp.Or(p.Protocol, corev1.ProtocolTCP), AppProtocol: p.AppProtocol, Port: p.Port})
	}
	return object
}

// sliceObject returns the record of one slice of an export for the hub namespace.
func sliceObject(namespace string, key types.NamespacedName, s mcs.Slice) *hubv1alpha1.ExportedEndpointSlice {
	object := &hubv1alpha1.ExportedEndpointSlice{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: mcs.RecordSliceName(key, s.Name)},
		Spec: hubv1alpha1.ExportedEndpointSliceSpec{
			Namespace: key.Namespace, Name: key.Name, Source: s.Name, AddressType: s.AddressType,
		},
	}
	spec := &object.Spec
	if !s.Triggered.IsZero() {
		triggered := metav1.NewMicroTime(s.Triggered.Truncate(time.Microsecond))
		spec.Triggered = &triggered
	}
	for _, p := range s.Ports {
		spec.Ports = append(spec.Ports, hubv1alpha1.ExportedSlicePort{Name: p.Name, Protocol: cmp.Or(p.Protocol, corev1.ProtocolTCP), AppProtocol: p.AppProtocol, Port: p.Port})
	}
	for _, e := range s.Endpoints {
		// A node's name means nothing to other clusters.
		spec.Endpoints = append(spec.Endpoints, hubv1alpha1.ExportedEndpoint{
			Addresses: e.Addresses, Hostname: e.Hostname, Zone: e.Zone, Ready: e.Ready, Serving: e.Serving, Terminating: e.Terminating,
		})
	}
	return object
}
