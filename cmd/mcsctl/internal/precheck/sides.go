package precheck

import (
	"context"
	"fmt"
	"slices"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/precheck/rules"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// member asks the cluster that is to join. Where it does not answer at all, nothing else is asked.
func (c Check) member(ctx context.Context) rules.Side {
	side := rules.Side{Context: c.Member.Context, Version: fact(version(c.Member))}
	if side.Version.Err != nil {
		return side
	}
	side.Definitions = definitions(ctx, c.Member, manifests.MemberCRDs)
	writes := c.Writes
	if writes == nil {
		var err error
		if writes, err = MemberObjects(); err != nil {
			side.Rights.Err = err
			return side
		}
	}
	side.Rights = fact(rights(ctx, c.Member, writes))
	return side
}

// hub asks the hub.
func (c Check) hub(ctx context.Context) rules.Side {
	side := rules.Side{Context: c.Hub.Context, Version: fact(version(c.Hub))}
	if side.Version.Err != nil {
		return side
	}
	if !c.HubRights { // a member's own credential: it may not read definitions in general
		return side
	}
	side.Definitions = definitions(ctx, c.Hub, manifests.HubCRDs)
	if _, err := mcs.ParseClusterID(c.ID); err != nil {
		return side // said by another rule
	}
	registration, err := manifests.Member(c.ID, c.Namespace)
	if err != nil {
		side.Rights.Err = err
		return side
	}
	credential := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Secret"}}
	credential.SetNamespace(c.Namespace)
	side.Rights = fact(rights(ctx, c.Hub, append(registration.Objects, credential)))
	return side
}

func version(cluster *kube.Cluster) (string, error) {
	clientset, err := cluster.Clientset()
	if err != nil {
		return "", err
	}
	info, err := clientset.Discovery().ServerVersion()
	if err != nil {
		return "", fmt.Errorf("asking context %q for its version: %w", cluster.Context, err)
	}
	return info.GitVersion, nil
}

// definitions looks for those that are shipped. A version does if it is served by what is shipped, or if it is the older one of the
// Multi-Cluster Services API, which the controller speaks too.
func definitions(ctx context.Context, cluster *kube.Cluster, shipped func() ([]*unstructured.Unstructured, error)) rules.Fact[[]rules.Definition] {
	objects, err := shipped()
	if err != nil {
		return fact([]rules.Definition(nil), err)
	}
	var found []rules.Definition
	for _, object := range objects {
		definition := rules.Definition{Name: object.GetName(), Speaks: spoken(object)}
		var crd apiextensionsv1.CustomResourceDefinition
		switch err := cluster.Get(ctx, client.ObjectKeyFromObject(object), &crd); {
		case apierrors.IsNotFound(err):
		case err != nil:
			return fact(found, fmt.Errorf("reading CustomResourceDefinition %q in context %q: %w", object.GetName(), cluster.Context, err))
		default:
			definition.Found, definition.Going, definition.Ours = true, crd.DeletionTimestamp != nil, Ours(&crd)
			for _, v := range crd.Spec.Versions {
				if v.Served {
					definition.Served = append(definition.Served, v.Name)
				}
			}
		}
		found = append(found, definition)
	}
	return fact(found, nil)
}

// Ours says whether an object was applied by this program, or by whoever applies the same objects under the same name.
func Ours(object metav1.Object) bool {
	return slices.ContainsFunc(object.GetManagedFields(), func(entry metav1.ManagedFieldsEntry) bool {
		return entry.Manager == manifests.FieldOwner && entry.Operation == metav1.ManagedFieldsOperationApply
	})
}

// spoken are the versions of a shipped definition.
func spoken(object *unstructured.Unstructured) []string {
	versions, _, _ := unstructured.NestedSlice(object.Object, "spec", "versions") // shipped ones are well formed, as a test says
	var names []string
	for _, v := range versions {
		if v, ok := v.(map[string]any); ok {
			name, _, _ := unstructured.NestedString(v, "name")
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return len(a) - len(b) }) // v1beta1 goes before v1alpha1
	return names
}
