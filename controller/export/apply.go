package export

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// report writes what is to be said on the ServiceExport, if it does not say so yet, and announces what is new. The status is all
// that is ever written of a ServiceExport, and it carries the resourceVersion it was decided on: an older view of the cluster never
// overwrites a newer one, nor what another controller says there.
func (r *Reconciler) report(ctx context.Context, f facts, said report) error {
	next := conditions(f.export.Status.Conditions, f.export.Generation, said)
	if equality.Semantic.DeepEqual(next, f.export.Status.Conditions) {
		return nil
	}
	changed := f.export.DeepCopy()
	changed.Status.Conditions = next
	patch := client.MergeFromWithOptions(f.export, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Status().Patch(ctx, changed, patch); err != nil {
		return fmt.Errorf("writing the status of ServiceExport %q: %w", client.ObjectKeyFromObject(f.export), err)
	}
	for _, a := range announcements(f.export.Status.Conditions, next) {
		r.Events.Eventf(f.export, nil, a.kind, a.reason, "Export", "%s", a.text)
		if f.service != nil {
			r.Events.Eventf(f.service, nil, a.kind, a.reason, "Export", "%s", a.text)
		}
	}
	return nil
}
