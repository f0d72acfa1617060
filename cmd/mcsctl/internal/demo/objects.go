package demo

import (
	"context"
	_ "embed"
	"fmt"
	"slices"

	discoveryv1 "k8s.io/api/discovery/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// What the story deploys, as a user would write it.
var (
	//go:embed objects/namespaces.yaml
	namespaces []byte
	//go:embed objects/shop.yaml
	shop []byte
	//go:embed objects/data.yaml
	data []byte
)

func apply(ctx context.Context, c client.Client, stream []byte) error {
	objects, err := manifests.Decode(stream)
	if err != nil {
		return err
	}
	return manifests.Apply(ctx, c, objects...)
}

// sliceAddresses returns the IPv4 addresses of the ready endpoints of a Service in its own cluster, sorted.
func sliceAddresses(ctx context.Context, c client.Client, namespace, service string) ([]string, error) {
	var list discoveryv1.EndpointSliceList
	err := c.List(ctx, &list, client.InNamespace(namespace), client.MatchingLabels{discoveryv1.LabelServiceName: service})
	if err != nil {
		return nil, fmt.Errorf("listing EndpointSlices of %s/%s: %w", namespace, service, err)
	}
	var addresses []string
	for _, slice := range list.Items {
		if slice.AddressType != discoveryv1.AddressTypeIPv4 {
			continue
		}
		for _, endpoint := range slice.Endpoints {
			if ready := endpoint.Conditions.Ready; ready == nil || *ready {
				addresses = append(addresses, endpoint.Addresses...)
			}
		}
	}
	slices.Sort(addresses)
	return addresses, nil
}
