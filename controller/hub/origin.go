package hub

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// origin tells one hub, and one life of a resource on it, from another. It is comparable.
type origin struct {
	hub string    // UID of the hub's kube-system namespace
	crd types.UID // UID of the resource's CRD; "" for a built-in resource, or where reading CRDs is not allowed
}

// readHub returns the origin of a built-in resource.
func readHub(ctx context.Context, c client.Client) (origin, error) {
	var namespace corev1.Namespace
	if err := c.Get(ctx, types.NamespacedName{Name: metav1.NamespaceSystem}, &namespace); err != nil {
		return origin{}, fmt.Errorf("reading the hub's identity: %w", err)
	}
	return origin{hub: string(namespace.UID)}, nil
}

var crdKind = schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"}

// readCRD returns a function that returns the origin of a custom resource. A CRD that is being deleted is reported as missing.
func readCRD(name string) func(context.Context, client.Client) (origin, error) {
	return func(ctx context.Context, c client.Client) (origin, error) {
		from, err := readHub(ctx, c)
		if err != nil {
			return origin{}, err
		}
		var crd metav1.PartialObjectMetadata
		crd.SetGroupVersionKind(crdKind)
		switch err := c.Get(ctx, types.NamespacedName{Name: name}, &crd); {
		case apierrors.IsForbidden(err):
			return from, nil
		case err != nil:
			return origin{}, fmt.Errorf("reading the CRD %q: %w", name, err)
		case crd.DeletionTimestamp != nil:
			gone := apierrors.NewNotFound(schema.GroupResource{Group: crdKind.Group, Resource: "customresourcedefinitions"}, name)
			return origin{}, fmt.Errorf("reading the CRD %q, which is being deleted: %w", name, gone)
		}
		from.crd = crd.UID
		return from, nil
	}
}

// older reports whether the resource version a precedes b. Versions that cannot be compared are not older.
func older(a, b string) bool {
	order, err := resourceversion.CompareResourceVersion(a, b)
	return err == nil && order < 0
}
