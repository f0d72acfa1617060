package importer

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/internal/notices"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// Attach registers r with m: it is called for every name that is exported here or elsewhere, and whenever an object changes that the
// import of the name is made of or has become.
func (r *Reconciler) Attach(m ctrl.Manager, options controller.Options) error {
	r.Events = &notices.Recorder{To: r.Events, Reader: m.GetCache()}
	err := ctrl.NewControllerManagedBy(m).
		Named("import").
		Watches(&mcsv1beta1.ServiceImport{}, &handler.EnqueueRequestForObject{}).
		Watches(&mcsv1beta1.ServiceExport{}, &handler.EnqueueRequestForObject{}).
		Watches(&corev1.Service{}, handler.EnqueueRequestsFromMapFunc(r.serviceChanged)).
		Watches(&discoveryv1.EndpointSlice{}, handler.EnqueueRequestsFromMapFunc(r.sliceChanged)).
		Watches(&corev1.Namespace{}, handler.EnqueueRequestsFromMapFunc(r.namespaceChanged), builder.WithPredicates(lifeChanged)).
		Watches(&networkingv1.ServiceCIDR{}, handler.EnqueueRequestsFromMapFunc(r.familiesChanged)).
		WatchesRawSource(source.Func(r.watchHub)).
		WithOptions(options).
		Complete(r)
	if err != nil {
		return fmt.Errorf("registering the import controller: %w", err)
	}
	return nil
}

// watchHub has the queue told of every name of which the hub has something new, and of all names when it knows more or less of all.
// What changes goes before what is only looked at again, and before what a hub that is being read for the first time has had all
// along.
func (r *Reconciler) watchHub(ctx context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
	r.Hub.Subscribe(func(key types.NamespacedName) {
		request := reconcile.Request{NamespacedName: key}
		if r.Hub.Synced() {
			queue.Add(request)
		} else {
			addLater(queue, request)
		}
	})
	r.Hub.SubscribeState(func() { addLater(queue, r.all(ctx)...) })
	return nil
}

// addLater adds requests behind those of changes.
func addLater(queue workqueue.TypedRateLimitingInterface[reconcile.Request], requests ...reconcile.Request) {
	if prioritized, ok := queue.(priorityqueue.PriorityQueue[reconcile.Request]); ok {
		prioritized.AddWithOpts(priorityqueue.AddOpts{Priority: new(handler.LowPriority)}, requests...)
		return
	}
	for _, request := range requests {
		queue.Add(request)
	}
}

// serviceChanged returns the import that a derived Service stands for, or the name of a Service that is exported.
func (r *Reconciler) serviceChanged(ctx context.Context, o client.Object) []reconcile.Request {
	key := client.ObjectKeyFromObject(o)
	switch name := o.GetLabels()[mcsv1beta1.LabelServiceName]; {
	case isOurs(o.GetLabels()) && name != "":
		return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: key.Namespace, Name: name}}}
	case mcs.IsDerivedServiceName(key.Name):
		return r.derivedFrom(ctx, key)
	}
	return r.ifExported(ctx, key)
}

// derivedFrom returns the import of the namespace whose derived Service has the name of key: what has the name, or goes by it, does not
// say, since it is not ours.
func (r *Reconciler) derivedFrom(ctx context.Context, key types.NamespacedName) []reconcile.Request {
	for _, request := range r.imports(ctx, client.InNamespace(key.Namespace)) {
		if mcs.DerivedServiceName(request.NamespacedName) == key.Name {
			return []reconcile.Request{request}
		}
	}
	return nil
}

// sliceChanged returns the import that an EndpointSlice is part of, or the name of the exported Service it belongs to.
func (r *Reconciler) sliceChanged(ctx context.Context, o client.Object) []reconcile.Request {
	for _, name := range IndexSlice(o) {
		return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: o.GetNamespace(), Name: name}}}
	}
	for _, service := range IndexStray(o) {
		return r.derivedFrom(ctx, types.NamespacedName{Namespace: o.GetNamespace(), Name: service})
	}
	if service := o.GetLabels()[discoveryv1.LabelServiceName]; service != "" {
		return r.ifExported(ctx, types.NamespacedName{Namespace: o.GetNamespace(), Name: service})
	}
	return nil
}

// ifExported returns key if there is a ServiceExport of it; one that comes later is an event of its own. A read that fails is taken
// for a yes: looking once too often costs nothing.
func (r *Reconciler) ifExported(ctx context.Context, key types.NamespacedName) []reconcile.Request {
	there, err := get(ctx, r.Client, key, &mcsv1beta1.ServiceExport{})
	if there == nil && err == nil {
		return nil
	}
	return []reconcile.Request{{NamespacedName: key}}
}

// namespaceChanged returns all names of a namespace that are imported, or could be.
func (r *Reconciler) namespaceChanged(ctx context.Context, namespace client.Object) []reconcile.Request {
	requests := r.imports(ctx, client.InNamespace(namespace.GetName()))
	for _, key := range r.Hub.Keys() {
		if key.Namespace == namespace.GetName() {
			requests = append(requests, reconcile.Request{NamespacedName: key})
		}
	}
	return requests
}

// familiesChanged returns all names: with the address families of the cluster every import may change.
func (r *Reconciler) familiesChanged(ctx context.Context, _ client.Object) []reconcile.Request {
	return r.all(ctx)
}

// all returns all names that are imported or could be, some of them twice.
func (r *Reconciler) all(ctx context.Context) []reconcile.Request {
	requests := append(r.imports(ctx), r.exports(ctx)...)
	for _, key := range r.Hub.Keys() {
		requests = append(requests, reconcile.Request{NamespacedName: key})
	}
	return requests
}

// exports returns the names of this cluster's own ServiceExports, which need not be imported yet.
func (r *Reconciler) exports(ctx context.Context) []reconcile.Request {
	var list mcsv1beta1.ServiceExportList
	if err := r.Client.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "service exports not listed")
		return nil
	}
	requests := make([]reconcile.Request, len(list.Items))
	for i := range list.Items {
		requests[i].NamespacedName = client.ObjectKeyFromObject(&list.Items[i])
	}
	return requests
}

// imports returns the names of the ServiceImports that are there.
func (r *Reconciler) imports(ctx context.Context, options ...client.ListOption) []reconcile.Request {
	var list mcsv1beta1.ServiceImportList
	if err := r.Client.List(ctx, &list, append(options, client.UnsafeDisableDeepCopy)...); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "service imports not listed")
		return nil
	}
	requests := make([]reconcile.Request, len(list.Items))
	for i := range list.Items {
		requests[i].NamespacedName = client.ObjectKeyFromObject(&list.Items[i])
	}
	return requests
}

// lifeChanged passes the events of Namespaces that come, and that begin to go.
var lifeChanged = predicate.Funcs{
	UpdateFunc: func(e event.UpdateEvent) bool {
		return (e.ObjectOld.GetDeletionTimestamp() == nil) != (e.ObjectNew.GetDeletionTimestamp() == nil)
	},
	DeleteFunc: func(event.DeleteEvent) bool { return false },
}
