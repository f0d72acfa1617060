package export

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// Hub is what this package needs of a transport between clusters. All methods may be called concurrently; those without a context
// answer from memory.
type Hub interface {
	// Publish makes the hub's record of an export what e says, and does not write when it is that already.
	Publish(ctx context.Context, e mcs.Export) error
	// Withdraw removes the record of key; there being none is no error.
	Withdraw(ctx context.Context, key types.NamespacedName) error
	// MarkPublished states that everything this cluster exports is on the hub: from now on what is not there counts as withdrawn.
	MarkPublished(ctx context.Context) error
	// Owned returns the keys of this cluster's records on the hub.
	Owned() []types.NamespacedName
	// Recorded returns what this cluster's record of key claims and when the hub first saw it, as far as there is one.
	Recorded(key types.NamespacedName) (claimed, recorded time.Time, found bool)
	// Exports returns the exports of key by all other members.
	Exports(key types.NamespacedName) []mcs.Export
	// Missing returns the other members that have said they do not have a namespace, sorted.
	Missing(namespace string) []mcs.ClusterID
	// Synced says whether everything on the hub was read once since start.
	Synced() bool
	// Connected says whether the hub answered when it was last asked anything.
	Connected() bool
	// Departed says whether this cluster is known to be no member any more.
	Departed() bool
	// Subscribe has notify called, which must not block, with each key whose exports or records may have changed.
	Subscribe(notify func(types.NamespacedName))
	// SubscribeState has notify called, which must not block, when one of the answers that concern all names may have changed, or the
	// hub can be reached again.
	SubscribeState(notify func())
}
