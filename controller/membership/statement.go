package membership

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// aboutVersions are the versions of the About API that say the same, the one to prefer first.
var aboutVersions = []string{"v1beta1", "v1alpha1"}

// ReadStatement reads what this cluster states of itself under a property's name. That the About API is not served, or the property does
// not exist, is a Statement and no error; whatever else keeps it from being read is an error, and says nothing.
//
// The reader must ask the API server: a cache does not tell a missing API from a missing property.
func ReadStatement(ctx context.Context, reader client.Reader, property string) (Statement, error) {
	for _, version := range aboutVersions {
		object := &unstructured.Unstructured{}
		object.SetGroupVersionKind(schema.GroupVersionKind{Group: "about.k8s.io", Version: version, Kind: "ClusterProperty"})
		switch err := reader.Get(ctx, client.ObjectKey{Name: property}, object); {
		case meta.IsNoMatchError(err):
			continue
		case apierrors.IsNotFound(err) && apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse):
			continue // there is no such path: the CRD is gone, and the mapper remembers it
		case apierrors.IsNotFound(err):
			return Statement{Served: true}, nil
		case err != nil:
			return Statement{}, fmt.Errorf("reading ClusterProperty %q: %w", property, err)
		}
		value, _, err := unstructured.NestedString(object.Object, "spec", "value")
		if err != nil {
			return Statement{}, fmt.Errorf("reading ClusterProperty %q: %w", property, err)
		}
		return Statement{Served: true, Value: value}, nil
	}
	return Statement{}, nil
}

// ReadKubeSystemUID returns the UID of a cluster's kube-system namespace, which tells it from any other cluster.
func ReadKubeSystemUID(ctx context.Context, reader client.Reader) (string, error) {
	var namespace corev1.Namespace
	if err := reader.Get(ctx, client.ObjectKey{Name: metav1.NamespaceSystem}, &namespace); err != nil {
		return "", fmt.Errorf("reading the UID of namespace %q: %w", metav1.NamespaceSystem, err)
	}
	return string(namespace.UID), nil
}
