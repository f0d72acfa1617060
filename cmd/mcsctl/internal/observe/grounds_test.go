package observe

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	discoveryv1 "k8s.io/api/discovery/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/health"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

func TestLacking(t *testing.T) {
	wanted := []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"services"}, Verbs: []string{"list", "watch"}},
		{APIGroups: []string{"multicluster.x-k8s.io"}, Resources: []string{"serviceimports"}, Verbs: []string{"list"}},
		{APIGroups: []string{""}, Resources: []string{"namespaces"}, ResourceNames: []string{"kube-system"}, Verbs: []string{"get"}},
	}
	for _, tc := range []struct {
		name    string
		granted []rbacv1.PolicyRule
		want    []string
	}{
		{"nothing lacks where all is granted", wanted, nil},
		{"everything lacks where there is no role", nil, []string{"list services", "watch services", "list serviceimports.multicluster.x-k8s.io", "get namespaces kube-system"}},
		{"rules may be put together otherwise", []rbacv1.PolicyRule{
			{APIGroups: []string{""}, Resources: []string{"pods", "services"}, Verbs: []string{"watch", "list"}}, wanted[1], wanted[2],
		}, nil},
		{"one verb that lacks is named", []rbacv1.PolicyRule{
			{APIGroups: []string{""}, Resources: []string{"services"}, Verbs: []string{"list"}}, wanted[1], wanted[2],
		}, []string{"watch services"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, lacking(wanted, tc.granted)); diff != "" {
				t.Errorf("lacking (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRightsForClusterLocalCountOnlyWhereTheyWereGiven(t *testing.T) {
	shipped, err := manifests.Cluster()
	if err != nil {
		t.Fatal(err)
	}
	clusterLocal := []string{
		"list endpointslices.discovery.k8s.io", "list namespaces", "list services",
		"watch endpointslices.discovery.k8s.io", "watch namespaces", "watch services",
	}
	for _, tc := range []struct {
		name string
		left func(*unstructured.Unstructured) bool // out of what is shipped
		want []string
	}{
		{"a server for cluster.local too lacks nothing", func(*unstructured.Unstructured) bool { return false }, nil},
		{"a server for the clusterset alone lacks nothing", func(o *unstructured.Unstructured) bool { return o.GetName() == manifests.CoreDNSClusterLocal }, nil},
		{"a role that is bound and not there lacks", func(o *unstructured.Unstructured) bool {
			return o.GetName() == manifests.CoreDNSClusterLocal && o.GetKind() == "ClusterRole"
		}, clusterLocal},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cluster := fake.NewClientBuilder()
			for _, object := range shipped {
				if strings.HasPrefix(object.GetKind(), "ClusterRole") && !tc.left(object) {
					cluster.WithObjects(object.DeepCopy())
				}
			}
			got, err := readLacking(t.Context(), cluster.Build())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("lacking (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCountEndpoints(t *testing.T) {
	yes, no := ptr.To(true), ptr.To(false)
	slice := discoveryv1.EndpointSlice{Endpoints: []discoveryv1.Endpoint{
		{},
		{Conditions: discoveryv1.EndpointConditions{Ready: yes}},
		{Conditions: discoveryv1.EndpointConditions{Ready: no, Serving: yes, Terminating: yes}},
		{Conditions: discoveryv1.EndpointConditions{Ready: no, Serving: no}},
	}}
	key := health.Endpoints{Namespace: "shop", Service: "checkout", Source: "east"}
	want := health.Endpoints{Namespace: "shop", Service: "checkout", Source: "east", Ready: 2, Total: 4, SteppedBack: 1}
	if diff := cmp.Diff(want, countEndpoints(health.Endpoints{}, key, slice)); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestTheHubsClockCountsWhereItDiffers(t *testing.T) {
	own := time.Date(2026, 11, 22, 12, 0, 0, 700_000_000, time.UTC)
	for _, tc := range []struct {
		name         string
		stated, want time.Time
	}{
		{"a difference within its whole seconds is none", own.Truncate(time.Second), own},
		{"a clock an hour ahead is the hub's", own.Add(time.Hour), own.Add(time.Hour)},
		{"a clock an hour behind is the hub's", own.Add(-time.Hour), own.Add(-time.Hour)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := closer(own, tc.stated); !got.Equal(tc.want) {
				t.Errorf("closer = %v, want %v", got, tc.want)
			}
		})
	}
}
