package annotate

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

func keyOf(o client.Object) types.NamespacedName { return client.ObjectKeyFromObject(o) }

var request = ctrl.Request{NamespacedName: types.NamespacedName{Namespace: "shop", Name: "web"}}

// reconciler works on objects in memory; which calls fail is for funcs to say.
func reconciler(t *testing.T, funcs interceptor.Funcs, objects ...client.Object) (*Reconciler, *events.FakeRecorder) {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := errors.Join(corev1.AddToScheme(scheme), mcsv1beta1.Install(scheme)); err != nil {
		t.Fatal(err)
	}
	recorder := events.NewFakeRecorder(10)
	c := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithInterceptorFuncs(funcs).Build()
	return &Reconciler{Client: c, Rules: rules, Events: recorder}, recorder
}

// exports returns the names of all ServiceExports.
func exports(t *testing.T, c client.Client) []string {
	t.Helper()
	var list mcsv1beta1.ServiceExportList
	if err := c.List(t.Context(), &list); err != nil {
		t.Fatal(err)
	}
	var names []string
	for i := range list.Items {
		names = append(names, keyOf(&list.Items[i]).String())
	}
	return names
}

func TestReadThatFailsStopsADeletion(t *testing.T) {
	for _, kind := range []client.Object{&corev1.Service{}, &corev1.Namespace{}, &mcsv1beta1.ServiceExport{}} {
		broken := errors.New("no route")
		r, _ := reconciler(t, interceptor.Funcs{
			Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
				if sameType(o, kind) {
					return broken
				}
				return c.Get(ctx, key, o, opts...)
			},
		}, service(nil), namespace(nil), fresh(made()))
		if _, err := r.Reconcile(t.Context(), request); !errors.Is(err, broken) {
			t.Errorf("reading %T fails: got %v, want %v", kind, err, broken)
		}
		if diff := cmp.Diff([]string{"shop/web"}, exports(t, r.Client)); diff != "" {
			t.Errorf("reading %T fails: ServiceExports (-want +got):\n%s", kind, diff)
		}
	}
}

func TestRemovalMeetsOnlyWhatWasLookedAt(t *testing.T) {
	theirs := byHand()
	r, _ := reconciler(t, interceptor.Funcs{
		Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			options := (&client.DeleteOptions{}).ApplyOptions(opts)
			if options.Preconditions == nil || options.Preconditions.UID == nil || options.Preconditions.ResourceVersion == nil {
				t.Error("the deletion carries no uid and resourceVersion")
			}
			return apierrors.NewConflict(mcsv1beta1.Resource("serviceexports"), theirs.Name, errors.New("uid is another"))
		},
	}, service(nil), namespace(nil), fresh(made()))
	result, err := r.Reconcile(t.Context(), request)
	if err != nil || result.RequeueAfter != retryOvertaken {
		t.Errorf("got %v and %v, want another look soon", result, err)
	}
}

func TestCreationNeverOverwrites(t *testing.T) {
	r, _ := reconciler(t, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			if _, ok := o.(*mcsv1beta1.ServiceExport); ok { // The cache has not seen it yet.
				return apierrors.NewNotFound(mcsv1beta1.Resource("serviceexports"), key.Name)
			}
			return c.Get(ctx, key, o, opts...)
		},
	}, service(said("true")), namespace(nil), byHand())
	result, err := r.Reconcile(t.Context(), request)
	if err != nil || result.RequeueAfter != retryOvertaken {
		t.Errorf("got %v and %v, want another look soon", result, err)
	}
	var list mcsv1beta1.ServiceExportList
	if err := r.Client.List(t.Context(), &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Items) != 1 || len(list.Items[0].Labels) != 0 {
		t.Errorf("the hand-written ServiceExport became %v", list.Items)
	}
}

func TestNoticeIsGivenOnceWhileItHolds(t *testing.T) {
	r, recorder := reconciler(t, interceptor.Funcs{}, service(said("yes")), namespace(nil))
	turn := func() {
		t.Helper()
		if _, err := r.Reconcile(t.Context(), request); err != nil {
			t.Fatal(err)
		}
	}
	turn()
	turn()
	if n := len(recorder.Events); n != 1 {
		t.Fatalf("%d Events after two turns, want 1", n)
	}
	s := &corev1.Service{}
	for _, value := range []string{"true", "yes"} {
		if err := r.Client.Get(t.Context(), request.NamespacedName, s); err != nil {
			t.Fatal(err)
		}
		s.Annotations = said(value)
		if err := r.Client.Update(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		turn()
	}
	if n := len(recorder.Events); n != 2 {
		t.Errorf("%d Events after the mistake was made again, want 2", n)
	}
}

func TestServicesOfANamespaceAreLookedAt(t *testing.T) {
	other := service(nil)
	other.Namespace = "other"
	r, _ := reconciler(t, interceptor.Funcs{}, service(nil), other)
	got := r.servicesOf(t.Context(), namespace(nil))
	if diff := cmp.Diff([]ctrl.Request{request}, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// fresh is an object as it was before it was stored, fit for the fake client.
func fresh(e *mcsv1beta1.ServiceExport) *mcsv1beta1.ServiceExport {
	e.ResourceVersion = ""
	return e
}

func sameType(a, b client.Object) bool {
	switch a.(type) {
	case *corev1.Service:
		_, same := b.(*corev1.Service)
		return same
	case *corev1.Namespace:
		_, same := b.(*corev1.Namespace)
		return same
	case *mcsv1beta1.ServiceExport:
		_, same := b.(*mcsv1beta1.ServiceExport)
		return same
	}
	return false
}
