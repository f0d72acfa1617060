package join

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multicluster-dns/multicluster-dns/manifests"
)

func kinds(objects []*unstructured.Unstructured) string {
	var names []string
	for _, o := range objects {
		names = append(names, o.GetKind())
	}
	return strings.Join(names, " ")
}

func TestWhatAJoinWritesComesInAnOrderThatCanBeInterrupted(t *testing.T) {
	for _, tc := range []struct {
		name      string
		settings  settings
		workloads string
	}{
		{"as pods, with a DNS server beside", settings{run: runPods, dns: manifests.DNSBeside}, "Deployment Deployment"},
		{"as pods, as the only DNS server", settings{run: runPods, dns: manifests.DNSOwn, dnsAddress: "10.96.0.10"}, "Deployment Deployment"},
		{"as pods, without a DNS server", settings{run: runPods, dns: manifests.DNSNone}, "Deployment"},
		{"as processes", settings{run: runProcesses, dns: manifests.DNSBeside}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.settings.id, tc.settings.registry = "west", "mcs-clusterset"
			p, err := newPlan(tc.settings)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff("Namespace ServiceAccount Role RoleBinding", kinds(p.place)); diff != "" {
				t.Errorf("the place on the hub differs (-want +got):\n%s", diff)
			}
			if p.profile.GetKind() != "ClusterProfile" || p.profile.GetName() != "west" {
				t.Errorf("it registers by %s %q", p.profile.GetKind(), p.profile.GetName())
			}
			if diff := cmp.Diff(tc.workloads, kinds(p.workloads)); diff != "" {
				t.Errorf("what runs differs (-want +got):\n%s", diff)
			}
			base := strings.Fields(kinds(p.base))
			last := -1
			for i, kind := range base {
				if kind == "CustomResourceDefinition" {
					last = i
				}
			}
			if stated := slices.Index(base, "ClusterProperty"); stated != last+1 {
				t.Errorf("the id is stated at %d, the last definition is at %d: a leave after an early failure finds the id by the statement", stated, last)
			}
		})
	}
}

func TestARegistryOfAnotherNameIsToldToTheController(t *testing.T) {
	for registry, want := range map[string]bool{manifests.DefaultClustersetNamespace: false, "other": true} {
		p, err := newPlan(settings{id: "west", registry: registry, run: runPods, dns: manifests.DNSNone})
		if err != nil {
			t.Fatal(err)
		}
		content, err := p.workloads[0].MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(content), "--clusterset-namespace="+registry); got != want {
			t.Errorf("for registry %q the argument is there: %v, want %v", registry, got, want)
		}
	}
}
