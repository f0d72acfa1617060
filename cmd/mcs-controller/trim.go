package main

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// trimSlice drops from an EndpointSlice what nobody here reads. Those of endpoints elsewhere are by far the most numerous objects of
// a cluster; our own are kept whole, since they are compared with what they should be.
func trimSlice(o any) (any, error) {
	slice, ok := o.(*discoveryv1.EndpointSlice)
	if !ok {
		return o, nil
	}
	slice.ManagedFields = nil
	// A decoder grows the list by doubling it: up to half of it is empty.
	slice.Endpoints = slices.Clone(slice.Endpoints)
	if slice.Labels[discoveryv1.LabelManagedBy] == mcs.ManagedBy {
		return slice, nil
	}
	for i := range slice.Endpoints {
		slice.Endpoints[i].TargetRef, slice.Endpoints[i].Hints, slice.Endpoints[i].DeprecatedTopology = nil, nil, nil
	}
	return slice, nil
}

// trimApplied drops kubectl's copy of all of an object from those that are only read here: not from our own, which are updated, and
// would lose it.
func trimApplied(o any) (any, error) {
	object, ok := o.(client.Object)
	if !ok {
		return o, nil
	}
	object.SetManagedFields(nil)
	if object.GetLabels()[mcs.LabelManagedBy] == mcs.ManagedBy {
		return o, nil
	}
	if annotations := object.GetAnnotations(); annotations[corev1.LastAppliedConfigAnnotation] != "" {
		delete(annotations, corev1.LastAppliedConfigAnnotation)
	}
	return o, nil
}
