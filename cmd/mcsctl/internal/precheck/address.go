package precheck

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// refused returns what the API server has against the addresses that are asked for Services: one is out of its range or given away, or the
// Service is there with another, which cannot change. A caller who may not write Services learns nothing here.
func refused(ctx context.Context, cluster client.Client, writes []*unstructured.Unstructured) ([]string, error) {
	var found []string
	for _, object := range writes {
		if _, asked, _ := unstructured.NestedString(object.Object, "spec", "clusterIP"); object.GetKind() != "Service" || !asked {
			continue
		}
		apply := client.ApplyConfigurationFromUnstructured(object.DeepCopy())
		switch err := cluster.Apply(ctx, apply, client.FieldOwner(manifests.FieldOwner), client.ForceOwnership, client.DryRunAll); {
		case err == nil, apierrors.IsForbidden(err):
		case apierrors.IsInvalid(err):
			found = append(found, err.Error())
		default:
			return nil, fmt.Errorf("applying Service %q with a dry run: %w", client.ObjectKeyFromObject(object), err)
		}
	}
	return found, nil
}
