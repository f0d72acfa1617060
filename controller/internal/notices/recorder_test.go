package notices

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

func TestEventsAreRaisedWhereTheyCanBeKept(t *testing.T) {
	ending := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: "ending", DeletionTimestamp: new(metav1.Now()), Finalizers: []string{"kubernetes"},
	}}
	c := fake.NewClientBuilder().WithObjects(ending, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop"}}).
		WithInterceptorFuncs(interceptor.Funcs{Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, _ ...client.GetOption) error {
			if key.Name == "unreadable" {
				return errors.New("the cache is not there")
			}
			return c.Get(ctx, key, o)
		}}).Build()
	for _, tc := range []struct {
		name  string
		about runtime.Object
		want  string
	}{
		{name: "in a namespace that is there", about: service("shop"), want: "Warning Conflict who wins"},
		{name: "not in one on its way out, which takes nothing new", about: service("ending")},
		{name: "not in one that is gone", about: service("gone")},
		{name: "in one that cannot be read, of which nothing is known", about: service("unreadable"), want: "Warning Conflict who wins"},
		{name: "about what is in no namespace", about: ending, want: "Warning Conflict who wins"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			to := events.NewFakeRecorder(1)
			(&Recorder{To: to, Reader: c}).Eventf(tc.about, nil, "Warning", "Conflict", "Export", "who %s", "wins")
			got := ""
			select {
			case got = <-to.Events:
			default:
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("Event (-want +got):\n%s", diff)
			}
		})
	}
}

func service(namespace string) *corev1.Service {
	return &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "web"}}
}
