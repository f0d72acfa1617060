package precheck

import (
	"context"
	"fmt"
	"net/netip"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/precheck/rules"
	hubv1alpha1 "github.com/multicluster-dns/multicluster-dns/controller/hub/api/v1alpha1"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// registry reads who is a member, who holds each id, and what is known of the addresses of all but the one that joins.
func (c Check) registry(ctx context.Context) (rules.Fact[[]rules.Registered], []rules.Peer) {
	var profiles membership.ClusterProfileList
	switch err := c.Hub.List(ctx, &profiles, client.InNamespace(c.Namespace)); {
	case meta.IsNoMatchError(err), apierrors.IsNotFound(err):
		return fact([]rules.Registered(nil), nil), nil // no hub yet, which another rule says
	case err != nil:
		return fact([]rules.Registered(nil), fmt.Errorf("reading the registry of hub %q: %w", c.Hub.Context, err)), nil
	}
	members, _ := membership.Clusterset(profiles.Items, "")
	var registered []rules.Registered
	var peers []rules.Peer
	for _, member := range members {
		entry := rules.Registered{ID: member.ID}
		var lease coordinationv1.Lease
		switch err := c.Hub.Get(ctx, client.ObjectKey{Namespace: member.Namespace, Name: membership.LeaseName}, &lease); {
		case apierrors.IsNotFound(err):
		case err != nil:
			return fact(registered, fmt.Errorf("reading who holds %q on hub %q: %w", member.ID, c.Hub.Context, err)), peers
		default:
			entry.Holder, entry.Renewed = membership.Holder(&lease), membership.Renewed(&lease)
		}
		registered = append(registered, entry)
		if string(member.ID) != c.ID {
			peers = append(peers, c.peer(ctx, member))
		}
	}
	return fact(registered, nil), peers
}

// peer looks at another member by the context that leads to it, and by what it exports. What cannot be read stays unknown.
func (c Check) peer(ctx context.Context, member membership.Member) rules.Peer {
	peer := rules.Peer{ID: member.ID, Exported: exported(ctx, c.Hub, member.Namespace)}
	for _, other := range c.Others {
		if other.ID != member.ID || other.Cluster == nil {
			continue
		}
		if found, err := networks(ctx, other.Cluster); err == nil {
			peer.Networks = found
		}
	}
	return peer
}

// exported returns addresses that a member exports, of the first page of its records.
func exported(ctx context.Context, hub *kube.Cluster, namespace string) []netip.Addr {
	var records hubv1alpha1.ExportedEndpointSliceList
	if err := hub.List(ctx, &records, client.InNamespace(namespace), client.Limit(page)); err != nil {
		return nil
	}
	var addresses []netip.Addr
	for i := range records.Items {
		for _, endpoint := range records.Items[i].Spec.Endpoints {
			for _, text := range endpoint.Addresses {
				if address, err := netip.ParseAddr(text); err == nil {
					addresses = append(addresses, address)
				}
			}
		}
	}
	return addresses
}
