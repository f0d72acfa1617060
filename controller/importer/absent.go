package importer

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
)

// Absent returns the namespaces that other members export from and this cluster does not have, in no order: what they export is not
// imported here (KEP-1645, "Namespace sameness"). Denied namespaces are not among them. It reads the caches; a namespace that cannot
// be read is taken to be there.
func (r *Reconciler) Absent(ctx context.Context) []string {
	known := map[string]bool{}
	var absent []string
	for _, key := range r.Hub.Keys() {
		if known[key.Namespace] || r.Denied[key.Namespace] {
			continue
		}
		known[key.Namespace] = true
		if there, err := r.inhabited(ctx, types.NamespacedName{Namespace: key.Namespace}); err == nil && !there {
			absent = append(absent, key.Namespace)
		}
	}
	return absent
}
