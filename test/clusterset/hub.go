package clusterset

import (
	"cmp"
	"context"
	"fmt"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/manifests"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

// Hub is the lab cluster that holds the records, as its administrator has it.
type Hub struct {
	// Cluster is the lab cluster.
	Cluster *lab.Cluster
	// Client is an administrator's.
	Client client.Client
}

func newHub(ctx context.Context, cluster *lab.Cluster) (*Hub, error) {
	c, err := client.New(cluster.Config(), client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("connecting to %q: %w", cluster.Name(), err)
	}
	objects, err := manifests.Hub(Namespace)
	if err != nil {
		return nil, err
	}
	if err := install(ctx, c, objects); err != nil {
		return nil, err
	}
	return &Hub{Cluster: cluster, Client: c}, nil
}

// install applies CustomResourceDefinitions first, waits until they are served and c knows it, then the rest.
func install(ctx context.Context, c client.Client, objects []*unstructured.Unstructured) error {
	var definitions, others []*unstructured.Unstructured
	for _, object := range objects {
		if object.GetKind() == "CustomResourceDefinition" {
			definitions = append(definitions, object)
		} else {
			others = append(others, object)
		}
	}
	if err := manifests.Apply(ctx, c, definitions...); err != nil {
		return err
	}
	for _, definition := range definitions {
		err := wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, startPatience, true, func(ctx context.Context) (bool, error) {
			established, err := manifests.Established(ctx, c, definition.GetName())
			if err != nil || !established {
				return false, err
			}
			return listed(ctx, c, definition)
		})
		if err != nil {
			return fmt.Errorf("waiting for CustomResourceDefinition %q: %w", definition.GetName(), err)
		}
	}
	return manifests.Apply(ctx, c, others...)
}

// listed is whether c can list what a definition defines: discovery may lag behind the definition's condition by a moment.
func listed(ctx context.Context, c client.Client, definition *unstructured.Unstructured) (bool, error) {
	var crd apiextensionsv1.CustomResourceDefinition
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(definition.Object, &crd); err != nil {
		return false, err
	}
	for _, version := range crd.Spec.Versions {
		if !version.Served {
			continue
		}
		objects := &unstructured.UnstructuredList{}
		objects.SetGroupVersionKind(schema.GroupVersionKind{Group: crd.Spec.Group, Version: version.Name, Kind: cmp.Or(crd.Spec.Names.ListKind, crd.Spec.Names.Kind+"List")})
		switch err := c.List(ctx, objects, client.Limit(1)); {
		case meta.IsNoMatchError(err):
			return false, nil
		case err != nil:
			return false, err
		}
	}
	return true, nil
}
