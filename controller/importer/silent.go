package importer

import (
	"fmt"
	"slices"

	"github.com/multicluster-dns/multicluster-dns/controller/internal/notices"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// staleText says which members of an import have fallen silent, and what that means for their endpoints; "" for none.
func (f facts) staleText(imp mcs.Import) string {
	silent := common(imp.Clusters, f.stale)
	if len(silent) == 0 {
		return ""
	}
	effect := "their endpoints stay as they last were, because no other member has a ready one"
	if mcs.CanDemote(imp, f.stale) {
		effect = "their endpoints are not ready, because other members can serve"
	}
	return fmt.Sprintf("Members that export the service have fallen silent: %s. Until they are heard again, %s.", notices.Names(silent), effect)
}

// forgottenText says which members the import had until now and has no more because they have been silent for too long; "" for none.
func (f facts) forgottenText(imp mcs.Import) string {
	if f.ours() == nil {
		return ""
	}
	var before []mcs.ClusterID
	for _, stated := range f.found.Status.Clusters {
		if id := mcs.ClusterID(stated.Cluster); !slices.Contains(imp.Clusters, id) {
			before = append(before, id)
		}
	}
	gone := common(before, f.forgotten)
	if len(gone) == 0 {
		return ""
	}
	return fmt.Sprintf("Members have been silent for so long that their endpoints were removed: %s. They come back with their members.", notices.Names(gone))
}

// common returns those of ids that are among others, in their order.
func common(ids, others []mcs.ClusterID) []mcs.ClusterID {
	return slices.DeleteFunc(slices.Clone(ids), func(id mcs.ClusterID) bool { return !slices.Contains(others, id) })
}
