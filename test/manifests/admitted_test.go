package manifests

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	shipped "github.com/multicluster-dns/multicluster-dns/manifests"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if !testing.Short() {
		if _, err := lab.Enter(); err != nil {
			fmt.Fprintln(os.Stderr, "manifests:", err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// restricted is the namespace in which every pod of ours must be admitted.
var restricted = &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
	Name: "restricted", Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
}}

// Each form is applied to a real API server: it takes every object, changes none when they are applied again, and would admit every pod
// where the restricted Pod Security Standard is enforced.
func TestAnAPIServerTakesEveryForm(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a control plane; left out under -short")
	}
	l, err := lab.Start(t.Context(), lab.Config{Clusters: []string{"solo"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Stop(); err != nil {
			t.Error(err)
		}
	})
	c, err := client.New(l.Cluster("solo").Config(), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Create(t.Context(), restricted.DeepCopy()); err != nil {
		t.Fatal(err)
	}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: restricted.Name, Name: "default"}}
	if err := client.IgnoreAlreadyExists(c.Create(t.Context(), account)); err != nil {
		t.Fatal(err)
	}

	dns := func(place shipped.DNS, address string) func() ([]*unstructured.Unstructured, error) {
		return func() ([]*unstructured.Unstructured, error) { return shipped.CoreDNS(place, "", address) }
	}
	for _, tc := range []struct {
		name    string
		objects []*unstructured.Unstructured
		pods    int
	}{
		{"the definitions of a hub", join(t, shipped.HubCRDs), 0},
		{"a hub", join(t, func() ([]*unstructured.Unstructured, error) { return shipped.Hub("mcs-clusterset") }), 0},
		{"the definitions of a member", join(t, shipped.MemberCRDs), 0},
		{"the controller", join(t, func() ([]*unstructured.Unstructured, error) { return shipped.Controller("registry.example.org/c:1") }), 1},
		{"CoreDNS beside", join(t, dns(shipped.DNSBeside, "")), 1},
		{"CoreDNS as the only DNS server", join(t, dns(shipped.DNSOwn, "")), 1},
		{"CoreDNS' account alone", join(t, dns(shipped.DNSNone, "")), 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := shipped.Apply(t.Context(), c, tc.objects...); err != nil {
				t.Fatal(err)
			}
			first := stored(t, c, tc.objects)
			if err := shipped.Apply(t.Context(), c, tc.objects...); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(first, stored(t, c, tc.objects)); diff != "" {
				t.Errorf("applied again it changes (-first +second):\n%s", diff)
			}
			if pods := admitted(t, c, tc.objects); pods != tc.pods {
				t.Errorf("%d kinds of pods, want %d", pods, tc.pods)
			}
		})
	}
}

// stored are the objects as the API server has them, without who wrote them and when, and without what others report on them.
func stored(t *testing.T, c client.Client, objects []*unstructured.Unstructured) map[string]any {
	t.Helper()
	all := map[string]any{}
	for _, object := range objects {
		there := &unstructured.Unstructured{}
		there.SetGroupVersionKind(object.GroupVersionKind())
		if err := c.Get(t.Context(), client.ObjectKeyFromObject(object), there); err != nil {
			t.Fatal(err)
		}
		there.SetManagedFields(nil)
		there.SetResourceVersion("")
		delete(there.Object, "status")
		unstructured.RemoveNestedField(there.Object, "metadata", "annotations", "deployment.kubernetes.io/revision")
		if len(there.GetAnnotations()) == 0 {
			unstructured.RemoveNestedField(there.Object, "metadata", "annotations")
		}
		all[object.GetKind()+" "+object.GetNamespace()+"/"+object.GetName()] = there.Object
	}
	return all
}

// admitted asks for each Deployment's pod in a namespace that enforces the restricted standard, without making it, and counts them.
func admitted(t *testing.T, c client.Client, objects []*unstructured.Unstructured) int {
	t.Helper()
	count := 0
	for _, object := range objects {
		if object.GetKind() != "Deployment" {
			continue
		}
		count++
		var deployment appsv1.Deployment
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &deployment); err != nil {
			t.Fatal(err)
		}
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: restricted.Name, Name: "pod"}, Spec: deployment.Spec.Template.Spec}
		pod.Spec.ServiceAccountName = "default"
		pod.Spec.PriorityClassName = ""
		if err := c.Create(t.Context(), pod, client.DryRunAll); err != nil {
			t.Errorf("Deployment %q: its pod is not admitted: %v", deployment.Name, err)
		}
	}
	return count
}
