package importer

import (
	"context"
	"errors"
	"time"

	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/controller/internal/grace"
	"github.com/multicluster-dns/multicluster-dns/controller/internal/notices"
	"github.com/multicluster-dns/multicluster-dns/controller/internal/unseen"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

const (
	// retryOvertaken is how long a turn waits whose facts somebody else has changed meanwhile. The event that brings newer ones is on its
	// way and usually comes first.
	retryOvertaken = 100 * time.Millisecond
	// retryForeign is how often to look whether a name is free again that somebody else has taken.
	retryForeign = 30 * time.Second
)

// Reconciler keeps the imported objects of this cluster. Its fields are set before use and not changed afterwards; it may then be
// used concurrently for different names.
type Reconciler struct {
	// Client reads from the cluster's caches, which have [SliceIndex] and [StrayIndex], and writes to its API server.
	Client client.Client
	// Self is this cluster's id.
	Self mcs.ClusterID
	// Denied are the namespaces nothing is imported to.
	Denied map[string]bool
	// Own reads what this cluster exports, Hub what the others do.
	Own Own
	Hub Hub
	// Grace is for how long an import is kept of which no cluster has the Service, but one its export.
	Grace time.Duration
	// Clock measures the grace.
	Clock clock.PassiveClock
	// Events tells of what a person should know.
	Events events.EventRecorder
	// Metrics observes how long changes took to arrive; nil observes nothing.
	Metrics *Metrics

	schema  learned
	grace   grace.Periods
	release grace.Periods
	notices notices.Notices
	crowd   notices.Crowd
	unseen  unseen.Writes
}

// Reconcile brings the imported objects of one name in line with what is exported, once.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	key := request.NamespacedName
	if there, err := r.inhabited(ctx, key); err != nil || !there {
		return ctrl.Result{}, err
	}
	f, err := r.gather(ctx, key)
	if err != nil {
		return ctrl.Result{}, err
	}
	if left := r.unseen.Left(key, f.shown(), r.Clock); left > 0 {
		return ctrl.Result{RequeueAfter: left}, nil // The event that shows it is on its way and comes first.
	}
	left := r.grace.Left(key, f.waiting(), r.Grace, r.Clock)
	f.graced = left > 0
	imp := f.imported()

	done, err := r.apply(ctx, &f, imp)
	if done.serviceImport != nil {
		err = errors.Join(err, r.applyStatus(ctx, done.serviceImport, statusOf(done.serviceImport, imp, f.supported, done.trouble)))
	}
	r.tell(f, imp, done)
	switch {
	case err != nil && overtaken(err):
		return ctrl.Result{RequeueAfter: retryOvertaken}, nil
	case err != nil:
		return ctrl.Result{}, err
	case done.trouble != "" || f.taken():
		return ctrl.Result{RequeueAfter: retryForeign}, nil
	}
	return ctrl.Result{RequeueAfter: left}, nil
}
