package export

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/internal/notices"
)

// Attach registers r with m: it is called for every ServiceExport, for the Services and EndpointSlices of exported names, and for
// every name of which the hub has something new.
func (r *Reconciler) Attach(m ctrl.Manager, options controller.Options) error {
	r.Events = &notices.Recorder{To: r.Events, Reader: m.GetCache()}
	r.first.wake = make(chan struct{}, 1)
	err := ctrl.NewControllerManagedBy(m).
		Named("export").
		Watches(&mcsv1beta1.ServiceExport{}, &handler.EnqueueRequestForObject{}).
		Watches(&corev1.Service{}, handler.EnqueueRequestsFromMapFunc(r.serviceChanged)).
		Watches(&discoveryv1.EndpointSlice{}, handler.EnqueueRequestsFromMapFunc(r.sliceChanged)).
		WatchesRawSource(source.Func(r.watchHub)).
		WithOptions(options).
		Complete(r)
	if err != nil {
		return fmt.Errorf("registering the export controller: %w", err)
	}
	return m.Add(manager.RunnableFunc(r.markWhenPublished))
}

// watchHub has the queue told of every name of which the hub has something new, and of all when it knows more or less of all: then
// records may have to be written that a restored hub lost, or removed that it brought back, and the first full publish may begin.
func (r *Reconciler) watchHub(ctx context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
	r.queue.Store(&queue)
	r.first.signal()
	r.Hub.Subscribe(func(key types.NamespacedName) { queue.Add(reconcile.Request{NamespacedName: key}) })
	r.Hub.SubscribeState(func() {
		keys, err := r.concerned(ctx)
		if err != nil {
			ctrl.LoggerFrom(ctx).Error(err, "exports not looked at after a change on the hub")
		}
		r.enqueue(keys)
		r.first.signal()
	})
	return nil
}

// enqueue has keys looked at after everything that changed just now.
func (r *Reconciler) enqueue(keys []types.NamespacedName) {
	queue := *r.queue.Load()
	prioritized, ok := queue.(priorityqueue.PriorityQueue[reconcile.Request])
	for _, key := range keys {
		request := reconcile.Request{NamespacedName: key}
		if ok {
			prioritized.AddWithOpts(priorityqueue.AddOpts{Priority: new(handler.LowPriority)}, request)
		} else {
			queue.Add(request)
		}
	}
}

// serviceChanged returns the Service's own name where that is exported.
func (r *Reconciler) serviceChanged(ctx context.Context, o client.Object) []reconcile.Request {
	return r.ifExported(ctx, client.ObjectKeyFromObject(o))
}

// sliceChanged returns the name of the Service an EndpointSlice belongs to where that is exported.
func (r *Reconciler) sliceChanged(ctx context.Context, o client.Object) []reconcile.Request {
	var requests []reconcile.Request
	for _, service := range IndexSlice(o) {
		requests = append(requests, r.ifExported(ctx, types.NamespacedName{Namespace: o.GetNamespace(), Name: service})...)
	}
	return requests
}

// ifExported returns key if there is a ServiceExport of it. One that comes later is an event of its own, and a read that fails is
// taken for a yes: looking once too often costs nothing.
func (r *Reconciler) ifExported(ctx context.Context, key types.NamespacedName) []reconcile.Request {
	var export mcsv1beta1.ServiceExport
	if err := r.Source.Reader.Get(ctx, key, &export, client.UnsafeDisableDeepCopy); client.IgnoreNotFound(err) == nil && err != nil {
		return nil
	}
	return []reconcile.Request{{NamespacedName: key}}
}
