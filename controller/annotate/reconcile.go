package annotate

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/internal/notices"
)

// Reconciler keeps the ServiceExports that annotations ask for. Its fields are set before use and not changed afterwards; it may
// then be used concurrently for different names.
type Reconciler struct {
	// Client reads from the cluster's caches and writes to its API server.
	Client client.Client
	// Rules are the administrator's.
	Rules Rules
	// Events tells the person who annotated. Nothing else is ever written to a Service.
	Events events.EventRecorder

	notices notices.Notices
}

// Reconcile brings the ServiceExport of a Service's name in line with the annotations, once.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	f, err := r.gather(ctx, request.NamespacedName)
	if err != nil {
		return ctrl.Result{}, err
	}
	d := r.Rules.decide(f)
	err = r.apply(ctx, d)
	if overtaken(err) {
		return ctrl.Result{RequeueAfter: retryOvertaken}, nil
	}
	if err != nil {
		return ctrl.Result{}, err
	}
	if r.notices.Fresh(request.NamespacedName, "", d.notice.String()) {
		r.Events.Eventf(f.service, nil, d.notice.kind, d.notice.reason, notices.Action("Annotate", d.notice.text), "%s", d.notice.text)
	}
	return ctrl.Result{}, nil
}

// gather reads the facts about key. What is not found is nil; any other failure ends the turn, because nothing follows from it.
func (r *Reconciler) gather(ctx context.Context, key types.NamespacedName) (facts, error) {
	var f facts
	service, namespace, export := &corev1.Service{}, &corev1.Namespace{}, &mcsv1beta1.ServiceExport{}
	switch err := r.Client.Get(ctx, key, service); {
	case err == nil:
		f.service = service
	case !apierrors.IsNotFound(err):
		return facts{}, fmt.Errorf("reading Service %q: %w", key, err)
	}
	switch err := r.Client.Get(ctx, types.NamespacedName{Name: key.Namespace}, namespace); {
	case err == nil:
		f.namespace = namespace
	case !apierrors.IsNotFound(err):
		return facts{}, fmt.Errorf("reading Namespace %q: %w", key.Namespace, err)
	}
	switch err := r.Client.Get(ctx, key, export); {
	case err == nil:
		f.export = export
	case !apierrors.IsNotFound(err):
		return facts{}, fmt.Errorf("reading ServiceExport %q: %w", key, err)
	}
	return f, nil
}
