package install

import (
	"context"
	"net/http"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
)

func TestAKindThatIsNotServedYetIsAskedForUntilItIs(t *testing.T) {
	profiles := schema.GroupResource{Group: "multicluster.x-k8s.io", Resource: "clusterprofiles"}
	for _, tc := range []struct {
		name  string
		first error // of the first two looks
		there bool
		looks int
	}{
		{"one that the API server does not tell of", &meta.NoKindMatchError{}, true, 3},
		{"one that it tells of, and whose path it does not know", apierrors.NewGenericServerResponse(http.StatusNotFound, "get", profiles, "west", "404 page not found", 0, true), true, 3},
		{"one that is served and has no such object", apierrors.NewNotFound(profiles, "west"), false, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			object := object("ConfigMap", "west", nil)
			looks := 0
			c := interceptor.NewClient(fake.NewClientBuilder().WithObjects(object.DeepCopy()).Build(), interceptor.Funcs{
				Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, into client.Object, options ...client.GetOption) error {
					if looks++; looks <= 2 {
						return tc.first
					}
					return c.Get(ctx, key, into, options...)
				},
			})
			found, err := Read(t.Context(), &kube.Cluster{WithWatch: c}, &unstructured.Unstructured{Object: object.Object})
			if err != nil {
				t.Fatal(err)
			}
			if there := found != nil; there != tc.there || looks != tc.looks {
				t.Errorf("it is there: %v after %d looks, want %v after %d", there, looks, tc.there, tc.looks)
			}
		})
	}
}
