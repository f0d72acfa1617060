package breaking

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// dnsBinding gives the DNS server its rights, and importsCRD is what it reads.
const (
	dnsBinding = "multicluster-dns:coredns"
	importsCRD = "serviceimports.multicluster.x-k8s.io"
)

// Namespace deletes a namespace, with all in it, and returns when it is gone.
func Namespace(ctx context.Context, c client.Client, name string) error {
	return goneToTheEnd(ctx, c, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
}

// MendNamespace creates it again, empty.
func MendNamespace(ctx context.Context, c client.Client, name string) error {
	return there(ctx, c, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
}

// Rights takes from the DNS server the right to read imports.
func Rights(ctx context.Context, c client.Client) error {
	return gone(ctx, c, &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: dnsBinding}})
}

// Definitions removes the definition of ServiceImport, and with it every import, and returns when it is gone: one that is applied before
// would go as well.
func Definitions(ctx context.Context, c client.Client) error {
	return goneToTheEnd(ctx, c, &apiextensionsv1.CustomResourceDefinition{ObjectMeta: metav1.ObjectMeta{Name: importsCRD}})
}

// MendMember applies what a member has from our manifests: definitions, accounts and rights.
func MendMember(ctx context.Context, c client.Client) error {
	objects, err := manifests.Cluster()
	if err != nil {
		return err
	}
	return manifests.Apply(ctx, c, objects...)
}

// Conflict exports from this cluster a Service of a name that another one exports, with another port, and with one endpoint at an
// address where nobody listens. It is the younger export, so that nothing is sent to that port.
func Conflict(ctx context.Context, c client.Client, namespace, name string, port int32) error {
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Annotations: map[string]string{"multicluster.kubernetes.io/export": "true"}},
		Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "http", Port: port}}},
	}
	endpoint := &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Namespace: namespace, Name: name + "-by-hand", Labels: map[string]string{discoveryv1.LabelServiceName: name}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Name: ptr.To("http"), Port: &port}},
		Endpoints:   []discoveryv1.Endpoint{{Addresses: []string{"198.51.100.1"}}},
	}
	if err := there(ctx, c, endpoint); err != nil {
		return err
	}
	return there(ctx, c, service)
}

// MendConflict deletes that Service and its endpoint.
func MendConflict(ctx context.Context, c client.Client, namespace, name string) error {
	if err := gone(ctx, c, &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}); err != nil {
		return err
	}
	return gone(ctx, c, &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name + "-by-hand"}})
}

// Corefile replaces the cluster's Corefile by what edit makes of it. It takes effect when the DNS server reads it again.
func Corefile(ctx context.Context, c client.Client, edit func(string) string) error {
	config := &corev1.ConfigMap{}
	if err := c.Get(ctx, client.ObjectKey{Namespace: manifests.CoreDNSNamespace, Name: "coredns"}, config); err != nil {
		return fmt.Errorf("reading the Corefile: %w", err)
	}
	config.Data["Corefile"] = edit(config.Data["Corefile"])
	if err := c.Update(ctx, config); err != nil {
		return fmt.Errorf("writing the Corefile: %w", err)
	}
	return nil
}

// WithoutZone is an edit that takes the plugin multicluster out of a Corefile.
func WithoutZone(text string) string {
	var kept []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "multicluster ") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

// ShadowingBlock is a block that answers for every service in place of the plugin.
const ShadowingBlock = `svc.clusterset.local:53 {
    template ANY ANY {
        rcode NXDOMAIN
    }
}
`

func gone(ctx context.Context, c client.Client, object client.Object) error {
	if err := client.IgnoreNotFound(c.Delete(ctx, object)); err != nil {
		return fmt.Errorf("deleting %T %q: %w", object, client.ObjectKeyFromObject(object), err)
	}
	return nil
}

// goneToTheEnd deletes an object and returns when nobody finds it any more.
func goneToTheEnd(ctx context.Context, c client.Client, object client.Object) error {
	if err := gone(ctx, c, object); err != nil {
		return err
	}
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, 3*time.Minute, true, func(ctx context.Context) (bool, error) {
		err := c.Get(ctx, client.ObjectKeyFromObject(object), object)
		return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
	})
	if err != nil {
		return fmt.Errorf("waiting until %T %q is gone: %w", object, client.ObjectKeyFromObject(object), err)
	}
	return nil
}

func there(ctx context.Context, c client.Client, object client.Object) error {
	if err := client.IgnoreAlreadyExists(c.Create(ctx, object)); err != nil {
		return fmt.Errorf("creating %T %q: %w", object, client.ObjectKeyFromObject(object), err)
	}
	return nil
}
