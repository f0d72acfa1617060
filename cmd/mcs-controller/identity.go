package main

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// identity is who this cluster is.
type identity struct {
	// id is the cluster's id in the clusterset.
	id mcs.ClusterID
	// uid is that of its kube-system namespace, which no other cluster has.
	uid string
}

// identify reads once who this cluster is. An API server that does not answer is an error that waiting may mend; an id that is
// missing, invalid or stated twice and differently is one that somebody must.
func identify(ctx context.Context, reader client.Reader, o options) (identity, error) {
	var system corev1.Namespace
	if err := reader.Get(ctx, types.NamespacedName{Name: metav1.NamespaceSystem}, &system); err != nil {
		return identity{}, fmt.Errorf("reading Namespace %q for its UID: %w", metav1.NamespaceSystem, err)
	}
	property, err := statement(ctx, reader, membership.PropertyClusterID)
	if err != nil {
		return identity{}, err
	}
	claims := membership.Claims{Flag: o.clusterID, Property: property}
	if o.useKubeSystemUID {
		claims.KubeSystemUID = string(system.UID)
	}
	id, _, err := membership.Identify(claims)
	switch {
	case errors.Is(err, membership.ErrNoIdentity):
		return identity{}, &permanentError{fmt.Errorf("%w; set --cluster-id", err)}
	case err != nil:
		return identity{}, &permanentError{fmt.Errorf("%w; make --cluster-id and the ClusterProperty say the same valid id", err)}
	}
	return identity{id: id, uid: string(system.UID)}, nil
}

// aboutVersions are the versions of the About API, the preferred one first (KEP-2149). Their schemas are the same.
var aboutVersions = []string{"v1beta1", "v1alpha1"}

// statement reads one property of the About API. That the API is not served, or not to be read, is no error: then it says nothing.
func statement(ctx context.Context, reader client.Reader, name string) (membership.Statement, error) {
	for _, version := range aboutVersions {
		var property unstructured.Unstructured
		property.SetGroupVersionKind(schema.GroupVersionKind{Group: "about.k8s.io", Version: version, Kind: "ClusterProperty"})
		err := reader.Get(ctx, types.NamespacedName{Name: name}, &property)
		switch {
		case meta.IsNoMatchError(err):
			continue
		case apierrors.IsNotFound(err):
			return membership.Statement{Served: true}, nil
		case err != nil:
			return membership.Statement{}, fmt.Errorf("reading ClusterProperty %q: %w", name, err)
		}
		value, _, err := unstructured.NestedString(property.Object, "spec", "value")
		if err != nil {
			return membership.Statement{}, fmt.Errorf("reading ClusterProperty %q: %w", name, err)
		}
		return membership.Statement{Served: true, Value: value}, nil
	}
	return membership.Statement{}, nil
}
