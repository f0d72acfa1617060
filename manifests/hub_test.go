package manifests

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/mcs-api/config/crd"
	"sigs.k8s.io/yaml"
)

// What people apply is what the Go module has: neither may be newer than the other.
func TestTheCopiedCRDsAreTheModules(t *testing.T) {
	for name, want := range map[string][]byte{
		"crds/member/multicluster.x-k8s.io_serviceexports.yaml": crd.ServiceExportCRD,
		"crds/member/multicluster.x-k8s.io_serviceimports.yaml": crd.ServiceImportCRD,
	} {
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s differs, run go generate in manifests (-want +got):\n%s", name, diff)
		}
	}
}

func TestEveryCRDIsEmbedded(t *testing.T) {
	for dir, load := range map[string]func() ([]*unstructured.Unstructured, error){"crds/hub": HubCRDs, "crds/member": MemberCRDs} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		objects, err := load()
		if err != nil {
			t.Fatal(err)
		}
		if want := len(entries) - 1; len(objects) != want { // one is for kustomize
			t.Errorf("%s has %d CRDs and %d are embedded", dir, want, len(objects))
		}
	}
}

// The API server refuses any CRD of a group under k8s.io that does not say where it was approved.
func TestProtectedGroupsAreApproved(t *testing.T) {
	objects, err := MemberCRDs()
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, object := range objects {
		if strings.HasSuffix(object.GetName(), ".k8s.io") && strings.Contains(object.GetName(), ".about.") {
			found = true
			if !strings.HasPrefix(object.GetAnnotations()["api-approved.kubernetes.io"], "https://github.com/kubernetes/enhancements/pull/") {
				t.Errorf("%s says nowhere that it was approved", object.GetName())
			}
		}
	}
	if !found {
		t.Error("the About API is not among the CRDs")
	}
}

func TestMemberIsFilledInWhateverTheNames(t *testing.T) {
	for _, id := range []string{"east", "east.region1", "123", "1e3", "true", "null", "0x1f", strings.Repeat("a", 63)} {
		for _, namespace := range []string{"mcs-clusterset", "7", "on"} {
			registration, err := Member(id, namespace)
			if err != nil {
				t.Fatalf("Member(%q, %q): %v", id, namespace, err)
			}
			want := [][3]string{
				{"Namespace", "", registration.Namespace},
				{"ServiceAccount", namespace, id},
				{"Role", registration.Namespace, "mcs-hub-member"},
				{"RoleBinding", registration.Namespace, "mcs-hub-member"},
				{"ClusterProfile", namespace, id},
			}
			var got [][3]string
			for _, object := range registration.Objects {
				got = append(got, [3]string{object.GetKind(), object.GetNamespace(), object.GetName()})
				if text, err := yaml.Marshal(object); err != nil || strings.Contains(string(text), "${") {
					t.Errorf("Member(%q, %q) leaves something to fill in, %v:\n%s", id, namespace, err, text)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Member(%q, %q): objects differ (-want +got):\n%s", id, namespace, diff)
			}
			profile := registration.Objects[len(registration.Objects)-1]
			if got := profile.GetLabels()["multicluster-dns.github.io/hub-namespace"]; got != registration.Namespace {
				t.Errorf("the profile of %q names the hub namespace %q, want %q", id, got, registration.Namespace)
			}
			if account := registration.ServiceAccount; account.Namespace != namespace || account.Name != id {
				t.Errorf("the account of %q is %v", id, account)
			}
		}
	}
}

func TestNamesThatWouldChangeTheYAMLAreRefused(t *testing.T) {
	for _, tc := range []struct{ name, id, namespace string }{
		{"an id with a line break", "east\nkind: Secret", "mcs-clusterset"},
		{"an id with a quote", `east"`, "mcs-clusterset"},
		{"an id in capitals", "East", "mcs-clusterset"},
		{"no id", "", "mcs-clusterset"},
		{"a namespace with a line break", "east", "x\ny"},
		{"no namespace", "east", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if registration, err := Member(tc.id, tc.namespace); err == nil {
				t.Errorf("Member gives %v, want an error", registration)
			}
		})
	}
	if _, err := Hub("x\ny"); err == nil {
		t.Error("Hub takes a namespace with a line break")
	}
}

func TestHubIsFilledInWithItsNamespace(t *testing.T) {
	objects, err := Hub("elsewhere")
	if err != nil {
		t.Fatal(err)
	}
	groups := 0
	for _, object := range objects {
		text, err := yaml.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), DefaultClustersetNamespace) {
			t.Errorf("%s %q still names %s", object.GetKind(), object.GetName(), DefaultClustersetNamespace)
		}
		groups += strings.Count(string(text), "name: system:serviceaccounts:elsewhere\n")
	}
	if groups != 2 {
		t.Errorf("rights are given %d times to all members, want 2", groups)
	}
}
