package scenarios

import (
	"context"
	"fmt"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	hubv1alpha1 "github.com/multicluster-dns/multicluster-dns/controller/hub/api/v1alpha1"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
	"github.com/multicluster-dns/multicluster-dns/manifests"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

// ghost is a member without a cluster: a registration on the hub, and credentials with which a scenario writes what a member's
// controller would write, or what it never would.
type ghost struct {
	id        string
	namespace string
	profile   *unstructured.Unstructured
	client    client.Client
}

// hubScheme knows what members write on the hub.
var hubScheme = func() *runtime.Scheme {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(hubv1alpha1.AddToScheme(scheme))
	return scheme
}()

// ghost registers a member for as long as the scenario plays.
func (s *stage) ghost() *ghost {
	s.Helper()
	id := "ghost-" + s.ns
	registration, err := manifests.Member(id, clusterset.Namespace)
	if err != nil {
		s.Fatal(err)
	}
	hub := set.Hub
	if err := manifests.Apply(s.Context(), hub.Client, registration.Objects...); err != nil {
		s.Fatal(err)
	}
	g := &ghost{id: id, namespace: registration.Namespace, profile: registration.Objects[len(registration.Objects)-1]}
	s.Cleanup(func() {
		if err := client.IgnoreNotFound(hub.Client.Delete(context.Background(), g.profile)); err != nil {
			s.Errorf("ending the registration of %q: %v", id, err)
		}
		if err := hub.Client.Delete(context.Background(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: g.namespace}}); err != nil {
			s.Errorf("removing the records of %q: %v", id, err)
		}
	})
	config, err := hub.Cluster.ServiceAccountConfig(s.Context(), registration.ServiceAccount.Namespace, registration.ServiceAccount.Name)
	if err != nil {
		s.Fatal(err)
	}
	if g.client, err = client.New(config, client.Options{Scheme: hubScheme}); err != nil {
		s.Fatal(err)
	}
	return g
}

// record is the record of an exported Service as any member would write it: port http 80, IPv4, claimed now.
func (g *ghost) record(key types.NamespacedName) *hubv1alpha1.ExportedService {
	return &hubv1alpha1.ExportedService{
		ObjectMeta: metav1.ObjectMeta{Namespace: g.namespace, Name: mcs.RecordName(key)},
		Spec: hubv1alpha1.ExportedServiceSpec{
			Namespace: key.Namespace, Name: key.Name, Claimed: metav1.Now(), Type: "ClusterSetIP",
			Ports:      []hubv1alpha1.ExportedPort{{Name: "http", Protocol: corev1.ProtocolTCP, Port: 80}},
			IPFamilies: []corev1.IPFamily{corev1.IPv4Protocol},
		},
	}
}

// sliceRecord is the record of an EndpointSlice with one endpoint of these addresses.
func (g *ghost) sliceRecord(key types.NamespacedName, addresses ...string) *hubv1alpha1.ExportedEndpointSlice {
	source := key.Name + "-1"
	return &hubv1alpha1.ExportedEndpointSlice{
		ObjectMeta: metav1.ObjectMeta{Namespace: g.namespace, Name: mcs.RecordSliceName(key, source)},
		Spec: hubv1alpha1.ExportedEndpointSliceSpec{
			Namespace: key.Namespace, Name: key.Name, Source: source, AddressType: "IPv4",
			Ports:     []hubv1alpha1.ExportedSlicePort{{Name: "http", Protocol: corev1.ProtocolTCP, Port: ptr.To[int32](80)}},
			Endpoints: []hubv1alpha1.ExportedEndpoint{{Addresses: addresses}},
		},
	}
}

// publish writes the records of an export, of which one endpoint has a free address.
func (s *stage) publish(g *ghost, name string, change ...func(*hubv1alpha1.ExportedServiceSpec)) *hubv1alpha1.ExportedService {
	s.Helper()
	record := g.record(s.key(name))
	for _, apply := range change {
		apply(&record.Spec)
	}
	for _, object := range []client.Object{g.sliceRecord(s.key(name), freeAddress(corev1.IPv4Protocol)), record} {
		if err := g.client.Create(s.Context(), object); err != nil {
			s.Fatalf("writing record %q of %q: %v", object.GetName(), g.id, err)
		}
	}
	return record
}

// renew writes the ghost's Lease once more, with a mark that it has published everything on the hub of that UID; "" is no mark.
func (s *stage) renew(g *ghost, hub types.UID) {
	s.Helper()
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: g.namespace, Name: membership.LeaseName}}
	err := g.client.Get(s.Context(), client.ObjectKeyFromObject(lease), lease)
	write := func() error { return g.client.Update(s.Context(), lease) }
	if client.IgnoreNotFound(err) != nil {
		s.Fatal(err)
	} else if err != nil {
		write = func() error { return g.client.Create(s.Context(), lease) }
	}
	lease.Annotations = nil
	if hub != "" {
		lease.Annotations = map[string]string{membership.AnnotationPublished: membership.Mark{}.Next(string(hub), time.Now()).String()}
	}
	lease.Spec.HolderIdentity = ptr.To("uid of " + g.id)
	lease.Spec.RenewTime = ptr.To(metav1.NowMicro())
	if err := write(); err != nil {
		s.Fatalf("renewing the Lease of %q: %v", g.id, err)
	}
}

// hubUID is by what members tell this hub from another.
func (s *stage) hubUID() types.UID {
	s.Helper()
	var system corev1.Namespace
	if err := set.Hub.Client.Get(s.Context(), types.NamespacedName{Name: metav1.NamespaceSystem}, &system); err != nil {
		s.Fatal(err)
	}
	return system.UID
}

// fence waits until what a exports now is imported by the members, all where none are named: what happened before has been seen by
// then.
func (s *stage) fence(name string, importers ...*clusterset.Member) {
	s.Helper()
	if len(importers) == 0 {
		importers = set.Members
	}
	s.offer(a(), name)
	for _, m := range importers {
		s.eventually(fmt.Sprintf("the later export %q is imported in %s", name, m.ID), func(ctx context.Context) error {
			return s.shows(ctx, m, name, plain("a"))
		})
	}
}
