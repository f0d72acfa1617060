package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/hub"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// transport is the hub as export and importer want it.
type transport struct {
	*hub.Hub
}

// Exports returns the exports of key by all other members but those that have been silent for so long that they are forgotten.
func (t transport) Exports(key types.NamespacedName) []mcs.Export {
	exports := t.Hub.Exports(key)
	forgotten := t.Forgotten()
	return slices.DeleteFunc(exports, func(e mcs.Export) bool { return slices.Contains(forgotten, e.Cluster) })
}

// Published says whether the absence of an export of the cluster id proves that there is none. A forgotten member's proves it.
func (t transport) Published(id mcs.ClusterID) bool {
	return slices.Contains(t.Forgotten(), id) || t.Hub.Published(id)
}

// Stale returns the members that have been silent for some time.
func (t transport) Stale() []mcs.ClusterID { return t.in(membership.Stale) }

// Forgotten returns the members that have been silent for so long that they are forgotten.
func (t transport) Forgotten() []mcs.ClusterID { return t.in(membership.Forgotten) }

// in returns the other members that are in a state.
func (t transport) in(state membership.State) []mcs.ClusterID {
	var ids []mcs.ClusterID
	for _, member := range t.Members() {
		if member.State == state {
			ids = append(ids, member.ID)
		}
	}
	return ids
}

// unreachable tells the hub's errors that only say it cannot be reached from those that say no.
func unreachable(err error) bool { return errors.Is(err, hub.ErrUnreachable) }

// runHub reads the hub until ctx ends. Before it begins it tells of the clusters that something is imported from, read from the
// cluster's caches, which are filled by then.
func runHub(h *hub.Hub, self mcs.ClusterID, reader client.Reader) func(context.Context) error {
	return func(ctx context.Context) error {
		var list mcsv1beta1.ServiceImportList
		if err := reader.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
			return fmt.Errorf("listing ServiceImports before reading the hub: %w", err)
		}
		h.Remember(importedFrom(list.Items, self)...)
		return h.Run(ctx)
	}
}

// importedFrom returns the clusters other than self that ServiceImports of ours state, in no order.
func importedFrom(imports []mcsv1beta1.ServiceImport, self mcs.ClusterID) []mcs.ClusterID {
	seen := map[mcs.ClusterID]struct{}{self: {}}
	var ids []mcs.ClusterID
	for i := range imports {
		if imports[i].Labels[mcs.LabelManagedBy] != mcs.ManagedBy {
			continue
		}
		for _, stated := range imports[i].Status.Clusters {
			id, err := mcs.ParseClusterID(stated.Cluster)
			if _, known := seen[id]; err != nil || known {
				continue
			}
			seen[id] = struct{}{}
			ids = append(ids, id)
		}
	}
	return ids
}
