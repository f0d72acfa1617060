package why

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/membership"
	"github.com/multicluster-dns/multicluster-dns/manifests"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

// prepare gives a row its namespace in every member.
func prepare(ctx context.Context, ns string) error {
	for _, m := range set.Members {
		if err := create(ctx, m, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns}}); err != nil {
			return err
		}
	}
	return nil
}

func create(ctx context.Context, m *clusterset.Member, objects ...client.Object) error {
	for _, object := range objects {
		if err := client.IgnoreAlreadyExists(m.Client.Create(ctx, object)); err != nil {
			return fmt.Errorf("creating %T %s in %q: %w", object, client.ObjectKeyFromObject(object), m.ID, err)
		}
	}
	return nil
}

func remove(ctx context.Context, m *clusterset.Member, object client.Object) error {
	if err := m.Client.Delete(ctx, object); err != nil {
		return fmt.Errorf("deleting %T %s in %q: %w", object, client.ObjectKeyFromObject(object), m.ID, err)
	}
	return nil
}

func patch(ctx context.Context, c client.Client, object client.Object, text string) error {
	if err := c.Patch(ctx, object, client.RawPatch(types.MergePatchType, []byte(text))); err != nil {
		return fmt.Errorf("patching %T %s: %w", object, client.ObjectKeyFromObject(object), err)
	}
	return nil
}

// addresses are of nobody's pods: the numbers of the rows never meet.
var addresses = map[string]string{"east": "10.1.200.1", "west": "10.2.200.1", "north": "10.3.200.1"}

// service is Service web, with endpoints that stand in for pods.
func service(ns string, port int32) *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "web"},
		Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "http", Port: port}}},
	}
}

func headless(ns string) *corev1.Service {
	s := service(ns, 80)
	s.Spec.ClusterIP = corev1.ClusterIPNone
	return s
}

func slice(ns, address string) *discoveryv1.EndpointSlice {
	return &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Namespace: ns, Name: "web-1", Labels: map[string]string{discoveryv1.LabelServiceName: "web"}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Name: ptr.To("http"), Protocol: ptr.To(corev1.ProtocolTCP), Port: ptr.To[int32](8080)}},
		Endpoints:   []discoveryv1.Endpoint{{Addresses: []string{address}, Hostname: ptr.To("web-0")}},
	}
}

func export(ns string) *mcsv1beta1.ServiceExport {
	return &mcsv1beta1.ServiceExport{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "web"}}
}

// offer exports Service web from a member.
func offer(ctx context.Context, m *clusterset.Member, s *corev1.Service) error {
	return create(ctx, m, s, slice(s.Namespace, addresses[m.ID]), export(s.Namespace))
}

// offers is what most rows begin with.
func offers(ctx context.Context, ns string) error { return offer(ctx, east(), service(ns, 80)) }

func offersHeadless(ctx context.Context, ns string) error { return offer(ctx, east(), headless(ns)) }

// pods are what a Service of kubectl's making selects.
func pods(ns, kind string, replicas int32) string {
	return fmt.Sprintf(`apiVersion: apps/v1
kind: %s
metadata: {namespace: %s, name: web}
spec:
  replicas: %d
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: web, ports: [{name: http, containerPort: 8080}]}
`, kind, ns, replicas)
}

func apply(ctx context.Context, m *clusterset.Member, text string) error {
	objects, err := manifests.Decode([]byte(text))
	if err != nil {
		return err
	}
	return manifests.Apply(ctx, m.Client, objects...)
}

// selecting is Service web with pods for endpoints.
func selecting(ns string) *corev1.Service {
	s := service(ns, 80)
	s.Spec.Selector = map[string]string{"app": "web"}
	s.Spec.Ports[0].TargetPort = intstr.FromString("http")
	return s
}

// unstructuredProfile is north's registration, for a client that knows no type for it.
func unstructuredProfile() *unstructured.Unstructured {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(membership.ProfileGroupVersion.WithKind("ClusterProfile"))
	object.SetNamespace(clusterset.Namespace)
	object.SetName("north")
	return object
}

// stateID has north's profile say what its cluster states of itself.
func stateID(ctx context.Context, id string) error {
	text := fmt.Sprintf(`{"status":{"properties":[{"name":%q,"value":%q}]}}`, membership.PropertyClusterID, id)
	if err := set.Hub.Client.Status().Patch(ctx, unstructuredProfile(), client.RawPatch(types.MergePatchType, []byte(text))); err != nil {
		return fmt.Errorf("patching the profile of north: %w", err)
	}
	return nil
}
