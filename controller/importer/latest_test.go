package importer

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// behind is a client whose caches do not show ServiceImports yet.
type behind struct {
	client.Client
	blind bool
}

func (b *behind) Get(ctx context.Context, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
	if _, isImport := o.(*mcsv1beta1.ServiceImport); isImport && b.blind {
		key.Name = "not-yet"
	}
	return b.Client.Get(ctx, key, o, opts...)
}

func TestATurnWaitsForTheLastOnesWritesToBeSeen(t *testing.T) {
	b := newBench(t)
	caches := &behind{Client: b.client, blind: true}
	b.Client = caches
	b.world.others = []mcs.Export{export("b", 1, "10.2.0.1")}
	wantWrites(t, "decision 7", allCreated, b.turn(t))

	b.writes = nil
	result, err := b.Reconcile(t.Context(), ctrl.Request{NamespacedName: web})
	if err != nil {
		t.Fatal(err)
	}
	if len(b.writes) != 0 || result.RequeueAfter <= 0 || result.RequeueAfter > time.Second {
		t.Errorf("decision 7: with older caches a turn writes %v and comes back in %v: want nothing, and soon", b.writes, result.RequeueAfter)
	}
	caches.blind = false
	b.world.others = []mcs.Export{export("b", 1, "10.2.0.2")}
	wantWrites(t, "decision 7: with newer ones it goes on", []string{"update *v1.EndpointSlice"}, b.turn(t))
}

func TestStraySlicesOfADerivedServiceAreRemoved(t *testing.T) {
	b := newBench(t)
	b.world.others = []mcs.Export{export("b", 1, "10.2.0.1")}
	b.turn(t)
	name := mcs.DerivedServiceName(web)
	var service corev1.Service
	if err := b.client.Get(t.Context(), client.ObjectKey{Namespace: "shop", Name: name}, &service); err != nil {
		t.Fatal(err)
	}
	slice := func(object string, owner metav1.OwnerReference) *discoveryv1.EndpointSlice {
		return &discoveryv1.EndpointSlice{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: "shop", Name: object, OwnerReferences: []metav1.OwnerReference{owner},
				Labels: map[string]string{discoveryv1.LabelServiceName: name, discoveryv1.LabelManagedBy: "endpointslice-controller.k8s.io"},
			},
			AddressType: discoveryv1.AddressTypeIPv4,
		}
	}
	owned := *metav1.NewControllerRef(&service, corev1.SchemeGroupVersion.WithKind("Service"))
	theirs := metav1.OwnerReference{APIVersion: "v1", Kind: "Pod", Name: "x", UID: "x", Controller: new(true)}
	for _, o := range []client.Object{slice("made-for-the-selector", owned), slice("made-by-hand", theirs)} {
		if err := b.client.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	wantWrites(t, "scenario 34: the slice that the cluster made", []string{"delete *v1.EndpointSlice"}, b.turn(t))
	wantWrites(t, "scenario 34: once more", nil, b.turn(t))
	if err := b.client.Get(t.Context(), client.ObjectKey{Namespace: "shop", Name: "made-by-hand"}, &discoveryv1.EndpointSlice{}); err != nil {
		t.Errorf("rules: objects that are not ours: %v", err)
	}
}
