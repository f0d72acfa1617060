package gather

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multicluster-dns/multicluster-dns/manifests"
)

func TestPodsOfEveryDNSServerAreCollected(t *testing.T) {
	for _, tc := range []struct {
		name   string
		labels map[string]string
		want   bool
	}{
		{"the cluster's own", map[string]string{"k8s-app": "kube-dns", "pod-template-hash": "5d8"}, true},
		{"ours beside it", shippedLabels(t, manifests.DNSBeside), true},
		{"ours alone", shippedLabels(t, manifests.DNSOwn), true},
		{"another pod of kube-system", map[string]string{"k8s-app": "kube-proxy"}, false},
		{"a pod without labels", nil, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := dnsServer(tc.labels); got != tc.want {
				t.Errorf("dnsServer(%v) = %v, want %v", tc.labels, got, tc.want)
			}
			pod := unstructured.Unstructured{Object: map[string]any{}}
			pod.SetLabels(tc.labels)
			for _, k := range memberKinds {
				if k.file == "dns/pods" && k.gvk == corev1.SchemeGroupVersion.WithKind("Pod") && k.keep(pod) != tc.want {
					t.Errorf("%s keeps the pod: %v, want %v", k.file, !tc.want, tc.want)
				}
			}
		})
	}
}

// shippedLabels are those of the pods of a shipped CoreDNS.
func shippedLabels(t *testing.T, place manifests.DNS) map[string]string {
	t.Helper()
	objects, err := manifests.CoreDNS(place, "", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range objects {
		if labels, found, _ := unstructured.NestedStringMap(object.Object, "spec", "template", "metadata", "labels"); found {
			return labels
		}
	}
	t.Fatalf("CoreDNS %s has no pods", place)
	return nil
}
