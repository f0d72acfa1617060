package annotate

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/internal/notices"
)

// Attach registers r with m: it is called for every Service, for the Services of a Namespace whose annotations change, and for
// every ServiceExport under its Service's name.
func (r *Reconciler) Attach(m ctrl.Manager, options controller.Options) error {
	r.Events = &notices.Recorder{To: r.Events, Reader: m.GetCache()}
	return ctrl.NewControllerManagedBy(m).
		Named("annotate").
		Watches(&corev1.Service{}, &handler.EnqueueRequestForObject{}).
		Watches(&mcsv1beta1.ServiceExport{}, &handler.EnqueueRequestForObject{}).
		Watches(&corev1.Namespace{}, handler.EnqueueRequestsFromMapFunc(r.servicesOf), builder.WithPredicates(r.wishChanged())).
		WithOptions(options).
		Complete(r)
}

// servicesOf returns the Services of a Namespace. A read that fails returns none: each Service has its own first event, after
// which the Namespace is read anyway.
func (r *Reconciler) servicesOf(ctx context.Context, namespace client.Object) []reconcile.Request {
	var services corev1.ServiceList
	if err := r.Client.List(ctx, &services, client.InNamespace(namespace.GetName()), client.UnsafeDisableDeepCopy); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "services of an annotated namespace not listed", "namespace", namespace.GetName())
		return nil
	}
	requests := make([]reconcile.Request, len(services.Items))
	for i := range services.Items {
		requests[i].NamespacedName = client.ObjectKeyFromObject(&services.Items[i])
	}
	return requests
}

// wishChanged passes the events of Namespaces that may change what is asked of their Services: one that appears, since nothing is
// decided without it, and one whose annotations change.
func (r *Reconciler) wishChanged() predicate.Predicate {
	return predicate.Funcs{
		UpdateFunc: func(e event.UpdateEvent) bool {
			return e.ObjectOld.GetAnnotations()[r.Rules.Key] != e.ObjectNew.GetAnnotations()[r.Rules.Key] ||
				(e.ObjectOld.GetDeletionTimestamp() == nil) != (e.ObjectNew.GetDeletionTimestamp() == nil)
		},
		DeleteFunc: func(event.DeleteEvent) bool { return false },
	}
}
