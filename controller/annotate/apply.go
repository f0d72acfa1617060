package annotate

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// retryOvertaken is how long a decision waits that rested on a state of the cluster which had already passed. The event that
// brings the newer state is on its way and usually comes first.
const retryOvertaken = 100 * time.Millisecond

// apply does what d says. A creation never overwrites: a ServiceExport that appeared in between is somebody's. Updates and
// removals carry the uid and resourceVersion they were decided on, so that they fail rather than meet another object.
func (r *Reconciler) apply(ctx context.Context, d decision) error {
	if d.action == keep {
		return nil
	}
	log := ctrl.LoggerFrom(ctx)
	key := client.ObjectKeyFromObject(d.export)
	switch d.action {
	case create:
		if err := r.Client.Create(ctx, d.export); err != nil {
			return fmt.Errorf("creating ServiceExport %q: %w", key, err)
		}
		log.Info("export annotation followed", "action", "create")
	case update:
		if err := r.Client.Update(ctx, d.export); err != nil {
			return fmt.Errorf("updating ServiceExport %q: %w", key, err)
		}
		log.Info("export annotation followed", "action", "update")
	case remove:
		only := client.Preconditions{UID: &d.export.UID, ResourceVersion: &d.export.ResourceVersion}
		if err := r.Client.Delete(ctx, d.export, only); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("deleting ServiceExport %q: %w", key, err)
		}
		log.Info("export annotation followed", "action", "delete")
	}
	return nil
}

// overtaken says whether err only means that the facts had changed meanwhile: a reason to look again, not to complain.
func overtaken(err error) bool {
	return apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err)
}
