package manifests

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	shipped "github.com/multicluster-dns/multicluster-dns/manifests"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

// byName are objects by what identifies them.
func byName(objects []*unstructured.Unstructured) map[string]any {
	all := map[string]any{}
	for _, object := range objects {
		all[object.GetKind()+" "+object.GetNamespace()+"/"+object.GetName()] = object.Object
	}
	return all
}

func join(t *testing.T, parts ...func() ([]*unstructured.Unstructured, error)) []*unstructured.Unstructured {
	t.Helper()
	var all []*unstructured.Unstructured
	for _, part := range parts {
		objects, err := part()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, objects...)
	}
	return all
}

func TestKustomizationsAreWhatTheCommandLineApplies(t *testing.T) {
	binary := lab.DefaultBinary()
	if _, err := os.Stat(binary); err != nil {
		t.Skipf("needs the lab's kubectl, which make lab builds: %v", err)
	}
	hub := func() ([]*unstructured.Unstructured, error) { return shipped.Hub(shipped.DefaultClustersetNamespace) }
	controller := func() ([]*unstructured.Unstructured, error) { return shipped.Controller("") }
	dns := func(place shipped.DNS) func() ([]*unstructured.Unstructured, error) {
		return func() ([]*unstructured.Unstructured, error) { return shipped.CoreDNS(place, "", "") }
	}
	for _, tc := range []struct {
		name, directory string
		want            []*unstructured.Unstructured
	}{
		{"a hub", "hub", join(t, hub)},
		{"a member with CoreDNS beside its own DNS server", "member", join(t, shipped.MemberCRDs, controller, dns(shipped.DNSBeside))},
		{"the controller alone", "controller", join(t, controller)},
		{"CoreDNS' account alone", "coredns", join(t, dns(shipped.DNSNone))},
		{"CoreDNS beside", "coredns-beside", join(t, dns(shipped.DNSBeside))},
		{"CoreDNS as the only DNS server", "coredns-own", join(t, dns(shipped.DNSOwn))},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out, err := exec.CommandContext(t.Context(), binary, "kubectl", "kustomize", filepath.Join("../../manifests", tc.directory)).Output()
			if err != nil {
				t.Fatal(err)
			}
			got, err := shipped.Decode(out)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(byName(tc.want), byName(got)); diff != "" {
				t.Errorf("kubectl apply -k applies something else (-mcsctl +kubectl):\n%s", diff)
			}
		})
	}
}
