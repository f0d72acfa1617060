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
	return rules.DecideHub(hubSide(ctx, hub, objects))
}

// Registration checks whether whoever the context stands for can register a member on a hub, by applying the objects. The member's pods
// would reach it at the URL server.
func Registration(ctx context.Context, hub *kube.Cluster, server string, objects []*unstructured.Unstructured) []Result {
	return rules.DecideRegistration(hubSide(ctx, hub, objects), server)
}

func hubSide(ctx context.Context, hub *kube.Cluster, objects []*unstructured.Unstructured) rules.Side {
	side := rules.Side{Context: hub.Context, Version: fact(version(hub))}
	if side.Version.Err == nil {
		side.Definitions = definitions(ctx, hub, manifests.HubCRDs)
		side.Rights = fact(rights(ctx, hub, objects))
	}
	return side
}
