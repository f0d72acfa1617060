package importer

import (
	"context"

	"k8s.io/apimachinery/pkg/types"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// Hub is what this package needs of a transport between clusters. All methods answer from memory and may be called concurrently.
type Hub interface {
	// Exports returns the exports of key by all other members, fit to be merged.
	Exports(key types.NamespacedName) []mcs.Export
	// Keys returns all names that other members export.
	Keys() []types.NamespacedName
	// Synced says whether everything on the hub was read once since start. Until then nothing is known of the others.
	Synced() bool
	// Published says whether the absence of a record of the cluster id says that it exports nothing under the name: it has stated on
	// this hub that all it exports is there, or it is known to be no member.
	Published(id mcs.ClusterID) bool
	// Stale returns the members that have been silent for so long that their endpoints step back where others can serve.
	Stale() []mcs.ClusterID
	// Forgotten returns the members that have been silent for so long that Exports leaves them out.
	Forgotten() []mcs.ClusterID
	// Departed says whether this cluster itself is known to be no member any more.
	Departed() bool
	// Unregistered says whether this cluster is no member as far as it knows: not any more or not yet. It may be one while the hub cannot
	// be reached.
	Unregistered() bool
	// Subscribe has notify called, which must not block, with each key whose exports may have changed.
	Subscribe(notify func(types.NamespacedName))
	// SubscribeState has notify called, which must not block, when one of the other answers may have changed for all names.
	SubscribeState(notify func())
}

// Own reads this cluster's own exports, which are imported from local state, hub or no hub.
type Own interface {
	// Export returns this cluster's export of key, nil when there is none. An error means that a read failed.
	Export(ctx context.Context, key types.NamespacedName) (*mcs.Export, error)
}
