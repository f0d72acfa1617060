package install

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
)

// Delete deletes the objects, the last first, and returns how many were there. What is not there, or of a kind that is not served, is no
// error. What depends on an object is deleted by the cluster's garbage collector in the background.
func Delete(ctx context.Context, cluster *kube.Cluster, objects ...*unstructured.Unstructured) (int, error) {
	deleted := 0
	for _, object := range slices.Backward(objects) {
		gone := &unstructured.Unstructured{}
		gone.SetGroupVersionKind(object.GroupVersionKind())
		gone.SetNamespace(object.GetNamespace())
		gone.SetName(object.GetName())
		switch err := cluster.Delete(ctx, gone, client.PropagationPolicy(metav1.DeletePropagationBackground)); {
		case err == nil:
			deleted++
		case apierrors.IsNotFound(err), meta.IsNoMatchError(err):
		default:
			return deleted, fmt.Errorf("deleting %s %q in context %q: %w", object.GetKind(), client.ObjectKeyFromObject(object), cluster.Context, err)
		}
	}
	return deleted, nil
}
