package export

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/controller/internal/notices"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
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
	r.unseen.Wrote(client.ObjectKeyFromObject(changed), changed, r.Clock)
	for _, a := range announcements(f.export.Status.Conditions, next) {
		r.announce(f, a)
	}
	return nil
}

// announce raises an Event on the ServiceExport and on its Service.
func (r *Reconciler) announce(f facts, a announcement) {
	action := notices.Action("Export", a.text)
	r.Events.Eventf(f.export, nil, a.kind, a.reason, action, "%s", a.text)
	if f.service != nil {
		r.Events.Eventf(f.service, nil, a.kind, a.reason, action, "%s", a.text)
	}
}

// announceMissing tells, once for as long as it holds, of members that do not have the export's namespace. To lack it is their right,
// so that it is no warning.
func (r *Reconciler) announceMissing(f facts, own mcs.Export) {
	text := ""
	if own.Invalid == "" {
		text = missingText(f.key.Namespace, r.Hub.Missing(f.key.Namespace))
	}
	if r.notices.Fresh(f.key, ReasonNamespaceMissing, text) && r.crowd.Admits(r.Clock) {
		r.announce(f, announcement{corev1.EventTypeNormal, ReasonNamespaceMissing, text})
	}
}
