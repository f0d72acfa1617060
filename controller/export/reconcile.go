package export

import (
	"cmp"
	"context"
	"slices"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/multicluster-dns/multicluster-dns/controller/internal/notices"
	"github.com/multicluster-dns/multicluster-dns/controller/internal/unseen"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

const (
	// publishTimeout bounds one attempt to write to the hub, so that a hub which takes connections and answers nothing holds a worker
	// for no longer than this; awayTimeout does for a hub that is known to be away, where the attempt only finds out whether there is
	// anything to write.
	publishTimeout = 10 * time.Second
	awayTimeout    = 200 * time.Millisecond
	// retryPublish is how long an export waits that could not be published, and retryAway how long if the hub is known to be away: its
	// return is an event, and comes first.
	retryPublish = 2 * time.Second
	retryAway    = time.Minute
	// retryRefused is how long an export waits that the hub refused as it is.
	retryRefused = 30 * time.Second
	// retryOvertaken is how long a report waits that rested on a state of the cluster which had already passed.
	retryOvertaken = 100 * time.Millisecond
)

// Reconciler publishes this cluster's exports and reports on them. Its fields are set before use and not changed afterwards; it may
// then be used concurrently for different names.
type Reconciler struct {
	// Source reads the exports.
	Source *Source
	// Client writes the status of ServiceExports.
	Client client.Client
	// Hub is where the exports go.
	Hub Hub
	// Unreachable tells the hub's errors that only say it cannot be reached from those that say no.
	Unreachable func(error) bool
	// Events tells of what a person should know.
	Events events.EventRecorder
	// Metrics counts what is left out; nil counts nothing.
	Metrics *Metrics
	// Clock measures for how long a report waits for the caches to show the one before.
	Clock clock.PassiveClock

	first   firstPublish
	unseen  unseen.Writes
	notices notices.Notices
	crowd   notices.Crowd
	queue   atomic.Pointer[workqueue.TypedRateLimitingInterface[reconcile.Request]]
}

// Reconcile brings the hub's record of one name, and the status of its ServiceExport, in line with the cluster, once.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	key := request.NamespacedName
	f, err := r.Source.gather(ctx, key)
	if err != nil {
		return ctrl.Result{}, err
	}
	if !f.exported() {
		return r.withdraw(ctx, key)
	}
	own, rejected, err := mcs.Sanitize(r.Source.build(f))
	if err != nil {
		own = unusable(r.Source.build(f))
	} else {
		err = r.publish(ctx, own)
	}
	r.Metrics.rejected(key, rejected)
	if f.export == nil {
		result, err := r.settle(ctx, key, r.outcomeOf(err))
		return ctrl.Result{RequeueAfter: cmp.Or(min(result.RequeueAfter, f.lingers), f.lingers)}, err
	}
	if left := r.unseen.Left(key, []client.Object{f.export}, r.Clock); left > 0 {
		return ctrl.Result{RequeueAfter: left}, nil // What was reported last is on its way, and is an event when it comes.
	}
	said := report{own: own, outcome: r.outcomeOf(err), merged: r.merged(own), departed: r.Hub.Departed()}
	if err := r.report(ctx, f, said); apierrors.IsConflict(err) {
		return ctrl.Result{RequeueAfter: retryOvertaken}, nil
	} else if client.IgnoreNotFound(err) != nil {
		return ctrl.Result{}, err
	}
	r.announceMissing(f, own)
	return r.settle(ctx, key, said.outcome)
}

// bounded limits an attempt to write to the hub.
func (r *Reconciler) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if r.Hub.Connected() {
		return context.WithTimeout(ctx, publishTimeout)
	}
	return context.WithTimeout(ctx, awayTimeout)
}

// publish hands the export to the hub.
func (r *Reconciler) publish(ctx context.Context, e mcs.Export) error {
	ctx, cancel := r.bounded(ctx)
	defer cancel()
	return r.Hub.Publish(ctx, e)
}

// settle says when to come back to an export. What the hub refused is tried again, since what it refuses may change there.
func (r *Reconciler) settle(ctx context.Context, key types.NamespacedName, o outcome) (ctrl.Result, error) {
	switch o.stage {
	case pending:
		if !r.Hub.Connected() {
			return ctrl.Result{RequeueAfter: retryAway}, nil
		}
		return ctrl.Result{RequeueAfter: retryPublish}, nil
	case failed:
		ctrl.LoggerFrom(ctx).Info("export not published", "reason", o.detail)
		if o.unfit {
			r.first.settled(key) // It will never be there, and must not hold up what is.
		}
		return ctrl.Result{RequeueAfter: retryRefused}, nil
	}
	r.first.settled(key)
	return ctrl.Result{}, nil
}

// withdraw removes the record of a name that is not exported. It is safe to repeat, and finds what an export left behind that ended
// while nobody watched.
func (r *Reconciler) withdraw(ctx context.Context, key types.NamespacedName) (ctrl.Result, error) {
	ctx, cancel := r.bounded(ctx)
	defer cancel()
	err := r.Hub.Withdraw(ctx, key)
	r.Metrics.rejected(key, nil)
	r.notices.Fresh(key, ReasonNamespaceMissing, "")
	return r.settle(ctx, key, r.outcomeOf(err))
}

// merged is what all exports of the name amount to, of which conflicts follow; nil while the others' are not known.
func (r *Reconciler) merged(own mcs.Export) *mcs.Import {
	if !r.Hub.Synced() {
		return nil
	}
	if _, recorded, found := r.Hub.Recorded(own.Key); found {
		own.Recorded = recorded // It may have been published only now.
	}
	imp := mcs.Merge(append(slices.Clone(r.Hub.Exports(own.Key)), own))
	return &imp
}
