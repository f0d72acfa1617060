package precheck

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"
	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/precheck/rules"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// applying are the verbs that one server-side apply may need, after a look at what is there.
var applying = []string{"get", "create", "patch"}

// atOnce is how many questions one API server is asked at the same time.
const atOnce = 8

// place is where objects of one kind are written.
type place struct {
	schema.GroupResource
	namespace string
}

// rights asks whether the caller may apply the objects. Who grants permissions must hold them or be allowed to escalate; that is asked by
// applying the cluster's own with a dry run.
func rights(ctx context.Context, cluster *kube.Cluster, objects []*unstructured.Unstructured) ([]rules.Right, error) {
	var asked []rules.Right
	for _, p := range places(objects) {
		for _, verb := range applying {
			asked = append(asked, rules.Right{Verb: verb, Resource: p.String(), Namespace: p.namespace})
		}
	}
	group, together := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := range asked {
		group.Go(func() (err error) {
			asked[i].Allowed, err = allowed(together, cluster, asked[i])
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for _, object := range objects {
		if object.GetKind() != "ClusterRole" {
			continue
		}
		granted, err := grants(ctx, cluster, object)
		if err != nil {
			return nil, err
		}
		asked = append(asked, rules.Right{Verb: "grant", Resource: "what is in ClusterRole " + object.GetName(), Allowed: granted})
	}
	return asked, nil
}

// places are where the objects are written, each once, in order.
func places(objects []*unstructured.Unstructured) []place {
	var found []place
	for _, object := range objects {
		plural, _ := meta.UnsafeGuessKindToResource(object.GroupVersionKind()) // safe for the kinds that are shipped
		p := place{GroupResource: plural.GroupResource(), namespace: object.GetNamespace()}
		if !slices.Contains(found, p) {
			found = append(found, p)
		}
	}
	return found
}

func allowed(ctx context.Context, cluster *kube.Cluster, right rules.Right) (bool, error) {
	resource := schema.ParseGroupResource(right.Resource)
	review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Verb: right.Verb, Group: resource.Group, Resource: resource.Resource, Namespace: right.Namespace,
		},
	}}
	if err := cluster.Create(ctx, review); err != nil {
		return false, fmt.Errorf("asking context %q what you may do: %w", cluster.Context, err)
	}
	return review.Status.Allowed, nil
}

func grants(ctx context.Context, cluster *kube.Cluster, role *unstructured.Unstructured) (bool, error) {
	apply := client.ApplyConfigurationFromUnstructured(role.DeepCopy())
	switch err := cluster.Apply(ctx, apply, client.FieldOwner(manifests.FieldOwner), client.ForceOwnership, client.DryRunAll); {
	case apierrors.IsForbidden(err):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("applying ClusterRole %q in context %q with a dry run: %w", role.GetName(), cluster.Context, err)
	}
	return true, nil
}
