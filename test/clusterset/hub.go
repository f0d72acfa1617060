package clusterset

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
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

// install applies CustomResourceDefinitions first, waits until they are served, then the rest.
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
		err := wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, 20*time.Second, true, func(ctx context.Context) (bool, error) {
			return manifests.Established(ctx, c, definition.GetName())
		})
		if err != nil {
			return fmt.Errorf("waiting for CustomResourceDefinition %q: %w", definition.GetName(), err)
		}
	}
	// Discovery may lag behind a definition's condition by a moment: a kind not found yet is asked for again.
	return wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, 20*time.Second, true, func(ctx context.Context) (bool, error) {
		err := manifests.Apply(ctx, c, others...)
		if meta.IsNoMatchError(err) {
			return false, nil
		}
		return err == nil, err
	})
}
