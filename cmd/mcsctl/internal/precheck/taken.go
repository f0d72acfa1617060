package precheck

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// taken returns the Services among the objects that are in the cluster already and belong to something else, as namespace/name.
func taken(ctx context.Context, cluster client.Reader, writes []*unstructured.Unstructured) ([]string, error) {
	var found []string
	for _, object := range writes {
		if object.GetKind() != "Service" {
			continue
		}
		key := client.ObjectKeyFromObject(object)
		var service corev1.Service
		switch err := cluster.Get(ctx, key, &service); {
		case apierrors.IsNotFound(err):
		case err != nil:
			return nil, fmt.Errorf("reading Service %q: %w", key, err)
		case service.Labels[manifests.LabelName] != object.GetLabels()[manifests.LabelName]:
			found = append(found, key.String())
		}
	}
	return found, nil
}
