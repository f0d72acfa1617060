package precheck

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/multicluster-dns/multicluster-dns/manifests"
)

func TestServicesOfOthersAreFound(t *testing.T) {
	for _, tc := range []struct {
		name   string
		place  manifests.DNS
		there  string            // a Service of kube-system
		labels map[string]string // its own
		want   []string
	}{
		{"a cluster without a DNS server", manifests.DNSOwn, "metrics-server", nil, nil},
		{"a cluster that has one", manifests.DNSOwn, "kube-dns", map[string]string{"k8s-app": "kube-dns"}, []string{"kube-system/kube-dns"}},
		{"a member whose server is ours", manifests.DNSOwn, "kube-dns", map[string]string{manifests.LabelName: manifests.CoreDNSDeployment}, nil},
		{"a cluster that has one, which stays", manifests.DNSBeside, "kube-dns", map[string]string{"k8s-app": "kube-dns"}, nil},
		{"no server at all", manifests.DNSNone, "kube-dns", nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			writes, err := manifests.CoreDNS(tc.place, "", "")
			if err != nil {
				t.Fatal(err)
			}
			service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: tc.there, Labels: tc.labels}}
			got, err := taken(t.Context(), fake.NewClientBuilder().WithObjects(service).Build(), writes)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("taken (-want +got):\n%s", diff)
			}
		})
	}
}
