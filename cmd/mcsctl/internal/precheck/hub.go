package precheck

import (
	"context"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/precheck/rules"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// Hub checks whether a cluster can be made a hub by whoever the context stands for, by applying the objects.
func Hub(ctx context.Context, hub *kube.Cluster, objects []*unstructured.Unstructured) []Result {
	side := rules.Side{Context: hub.Context, Version: fact(version(hub))}
	if side.Version.Err == nil {
		side.Definitions = definitions(ctx, hub, manifests.HubCRDs)
		side.Rights = fact(rights(ctx, hub, objects))
	}
	return rules.DecideHub(side)
}
