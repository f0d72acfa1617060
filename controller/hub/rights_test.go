package hub_test

import (
	"fmt"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	hubv1alpha1 "github.com/multicluster-dns/multicluster-dns/controller/hub/api/v1alpha1"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
	"github.com/multicluster-dns/multicluster-dns/manifests"
	"github.com/multicluster-dns/multicluster-dns/test/rights"
)

// allowed waits until the API server allows a ServiceAccount something: it learns of new rights a moment after they were written.
func (s *apiServer) allowed(t *testing.T, account types.NamespacedName, all ...authorizationv1.ResourceAttributes) {
	t.Helper()
	for _, what := range all {
		eventually(t, fmt.Sprintf("%s may %s %s", account, what.Verb, what.Resource), func() error {
			return rights.Allowed(t.Context(), s.admin, account, what)
		})
	}
}

// granted waits until the API server knows the rights of a member: one of each of its roles.
func (s *apiServer) granted(t *testing.T, clusterset string, r manifests.Registration) {
	t.Helper()
	s.allowed(t, r.ServiceAccount,
		authorizationv1.ResourceAttributes{Verb: "list", Group: hubv1alpha1.GroupVersion.Group, Resource: "exportedservices"},
		authorizationv1.ResourceAttributes{Verb: "list", Group: membership.ProfileGroupVersion.Group, Resource: "clusterprofiles", Namespace: clusterset},
		authorizationv1.ResourceAttributes{Verb: "create", Group: hubv1alpha1.GroupVersion.Group, Resource: "exportedservices", Namespace: r.Namespace})
}

// The rights of member b, beside a member a, as the API server grants them.
func TestWhatAMemberMayDo(t *testing.T) {
	set := newClusterset(t, shared)
	a, b := set.register(t, "a"), set.register(t, "b")
	asB, ctx := set.client(t, b), t.Context()
	recordOfA := goodService(a.Namespace)
	if err := shared.admin.Create(ctx, recordOfA); err != nil {
		t.Fatal(err)
	}
	leaseOf := func(namespace, name string) *coordinationv1.Lease {
		return &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	}
	profile := func() *membership.ClusterProfile {
		return &membership.ClusterProfile{
			ObjectMeta: metav1.ObjectMeta{Namespace: set.namespace, Name: "c"},
			Spec:       membership.ClusterProfileSpec{ClusterManager: membership.ClusterManager{Name: "b"}},
		}
	}
	crd := func(name string) *apiextensionsv1.CustomResourceDefinition {
		return &apiextensionsv1.CustomResourceDefinition{ObjectMeta: metav1.ObjectMeta{Name: name}}
	}
	get := func(object client.Object) error { return asB.Get(ctx, client.ObjectKeyFromObject(object), object) }
	named := func(name string) *corev1.Namespace {
		return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	}

	for _, tc := range []struct {
		name    string
		do      func() error
		refused bool
	}{
		{name: "write a service's record at home", do: func() error { return asB.Create(ctx, goodService(b.Namespace)) }},
		{name: "write a slice's record at home", do: func() error { return asB.Create(ctx, goodSlice(b.Namespace)) }},
		{name: "write its Lease", do: func() error { return asB.Create(ctx, leaseOf(b.Namespace, membership.LeaseName)) }},
		{name: "renew its Lease", do: func() error {
			lease := leaseOf(b.Namespace, membership.LeaseName)
			if err := get(lease); err != nil {
				return err
			}
			return asB.Update(ctx, lease)
		}},
		{name: "read all services' records", do: func() error { return asB.List(ctx, &hubv1alpha1.ExportedServiceList{}) }},
		{name: "read all slices' records", do: func() error { return asB.List(ctx, &hubv1alpha1.ExportedEndpointSliceList{}) }},
		{name: "read another's records", do: func() error {
			return asB.List(ctx, &hubv1alpha1.ExportedServiceList{}, client.InNamespace(a.Namespace))
		}},
		{name: "read all members' Leases", do: func() error {
			return asB.List(ctx, &coordinationv1.LeaseList{}, client.MatchingFields{"metadata.name": membership.LeaseName})
		}},
		{name: "read the registry", do: func() error {
			return asB.List(ctx, &membership.ClusterProfileList{}, client.InNamespace(set.namespace))
		}},
		{name: "read which hub this is", do: func() error { return get(named(metav1.NamespaceSystem)) }},
		{name: "read the records' CRD", do: func() error { return get(crd("exportedservices.multicluster-dns.github.io")) }},

		{name: "write a record in another's namespace", do: func() error { return asB.Create(ctx, goodService(a.Namespace)) }, refused: true},
		{name: "write a slice in another's namespace", do: func() error { return asB.Create(ctx, goodSlice(a.Namespace)) }, refused: true},
		{name: "change another's record", do: func() error { return asB.Update(ctx, recordOfA.DeepCopy()) }, refused: true},
		{name: "delete another's record", do: func() error { return asB.Delete(ctx, recordOfA.DeepCopy()) }, refused: true},
		{name: "write another's Lease", do: func() error { return asB.Create(ctx, leaseOf(a.Namespace, membership.LeaseName)) }, refused: true},
		{name: "delete its own Lease", do: func() error { return asB.Delete(ctx, leaseOf(b.Namespace, membership.LeaseName)) }, refused: true},
		{name: "read all Leases", do: func() error { return asB.List(ctx, &coordinationv1.LeaseList{}) }, refused: true},
		{name: "register a member", do: func() error { return asB.Create(ctx, profile()) }, refused: true},
		{name: "read registries elsewhere", do: func() error { return asB.List(ctx, &membership.ClusterProfileList{}) }, refused: true},
		{name: "read the hub's EndpointSlices", do: func() error { return asB.List(ctx, &discoveryv1.EndpointSliceList{}) }, refused: true},
		{name: "read the hub's Services", do: func() error { return asB.List(ctx, &corev1.ServiceList{}) }, refused: true},
		{name: "read Secrets at home", do: func() error { return asB.List(ctx, &corev1.SecretList{}, client.InNamespace(b.Namespace)) }, refused: true},
		{name: "read Secrets of the clusterset", do: func() error { return asB.List(ctx, &corev1.SecretList{}, client.InNamespace(set.namespace)) }, refused: true},
		{name: "list namespaces", do: func() error { return asB.List(ctx, &corev1.NamespaceList{}) }, refused: true},
		{name: "read another namespace", do: func() error { return get(named(a.Namespace)) }, refused: true},
		{name: "read other CRDs", do: func() error { return asB.List(ctx, &apiextensionsv1.CustomResourceDefinitionList{}) }, refused: true},
		{name: "give itself rights", do: func() error {
			return asB.Create(ctx, &rbacv1.RoleBinding{
				ObjectMeta: metav1.ObjectMeta{Namespace: b.Namespace, Name: "more"},
				RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
			})
		}, refused: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			switch err := tc.do(); {
			case tc.refused && !apierrors.IsForbidden(err):
				t.Errorf("got %v, want it forbidden", err)
			case !tc.refused && err != nil:
				t.Errorf("refused: %v", err)
			}
		})
	}
}
