package main

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// trimmed drops from an object who wrote which of its fields, and keeps the texts that others have as well only once.
func (k *known) trimmed(o any) (any, error) {
	object, ok := o.(client.Object)
	if !ok {
		return o, nil
	}
	object.SetManagedFields(nil)
	object.SetLabels(k.ofMap(object.GetLabels()))
	object.SetAnnotations(k.ofMap(object.GetAnnotations()))
	return o, nil
}

// then is both transformations one after the other.
func then(first, second toolscache.TransformFunc) toolscache.TransformFunc {
	return func(o any) (any, error) {
		o, err := first(o)
		if err != nil {
			return nil, err
		}
		return second(o)
	}
}

// trimSlice drops from an EndpointSlice what nobody here reads. Those of endpoints elsewhere are by far the most numerous objects of
// a cluster; our own are kept whole, since they are compared with what they should be.
func trimSlice(o any) (any, error) {
	slice, ok := o.(*discoveryv1.EndpointSlice)
	if !ok {
		return o, nil
	}
	// A decoder grows the list by doubling it, so that up to half of it is empty, and makes each zone anew.
	slice.Endpoints = slices.Clone(slice.Endpoints)
	for i := 1; i < len(slice.Endpoints); i++ {
		if before, this := slice.Endpoints[i-1].Zone, &slice.Endpoints[i].Zone; before != nil && *this != nil && **this == *before {
			*this = before
		}
	}
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
	if object.GetLabels()[mcs.LabelManagedBy] == mcs.ManagedBy {
		return o, nil
	}
	delete(object.GetAnnotations(), corev1.LastAppliedConfigAnnotation)
	return o, nil
}
