package manifests

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

// shipped are all manifests of the repository, by path.
func shipped(t *testing.T) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		content, err := os.ReadFile(path)
		found[path] = content
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 10 {
		t.Fatalf("found %d manifests, want more: the search is broken", len(found))
	}
	return found
}

func scheme(t *testing.T) *runtime.Scheme {
	t.Helper()
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, apiextensionsv1.AddToScheme} {
		if err := add(s); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestEveryManifestDecodesStrictly(t *testing.T) {
	s := scheme(t)
	strict := json.NewSerializerWithOptions(json.DefaultMetaFactory, s, s, json.SerializerOptions{Yaml: true, Strict: true})
	for name, content := range shipped(t) {
		if path.Base(name) == "kustomization.yaml" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			objects, err := Decode(content)
			if err != nil {
				t.Fatal(err)
			}
			if len(objects) == 0 {
				t.Fatal("there is nothing in it")
			}
			for _, object := range objects {
				if !s.Recognizes(object.GroupVersionKind()) {
					if !strings.HasPrefix(object.GetAPIVersion(), "multicluster.x-k8s.io/") {
						t.Errorf("%s %q is of a kind that nobody here knows", object.GroupVersionKind(), object.GetName())
					}
					continue
				}
				content, err := yaml.Marshal(object)
				if err != nil {
					t.Fatal(err)
				}
				if _, _, err := strict.Decode(content, nil, nil); err != nil {
					t.Errorf("%s %q: %v", object.GetKind(), object.GetName(), err)
				}
			}
		})
	}
}

func TestKustomizationsNameWhatIsThere(t *testing.T) {
	named := map[string]bool{}
	for name, content := range shipped(t) {
		if path.Base(name) != "kustomization.yaml" {
			continue
		}
		var kustomization struct {
			Resources []string `json:"resources"`
		}
		if err := yaml.Unmarshal(content, &kustomization); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, resource := range kustomization.Resources {
			target := path.Join(path.Dir(name), resource)
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s names %q, which is not there", name, resource)
			}
			named[target] = true
		}
	}
	for name := range shipped(t) {
		// The template of one member is filled in, not applied as it is.
		if path.Base(name) != "kustomization.yaml" && name != "hub/member.yaml" && !named[name] {
			t.Errorf("no kustomization names %s", name)
		}
	}
}

func TestPodsAreRestricted(t *testing.T) {
	pods := 0
	for name, content := range shipped(t) {
		objects, err := Decode(content)
		if err != nil || path.Base(name) == "kustomization.yaml" {
			continue
		}
		for _, object := range objects {
			if object.GetKind() != "Deployment" {
				continue
			}
			pods++
			var deployment appsv1.Deployment
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &deployment); err != nil {
				t.Fatal(err)
			}
			pod := deployment.Spec.Template.Spec
			if pod.SecurityContext == nil || pod.SecurityContext.RunAsNonRoot == nil || !*pod.SecurityContext.RunAsNonRoot || pod.SecurityContext.SeccompProfile == nil {
				t.Errorf("%s: the pod of %q may run as root or without seccomp", name, object.GetName())
			}
			for _, container := range pod.Containers {
				c := container.SecurityContext
				if c == nil || c.AllowPrivilegeEscalation == nil || *c.AllowPrivilegeEscalation || c.ReadOnlyRootFilesystem == nil || !*c.ReadOnlyRootFilesystem ||
					c.Capabilities == nil || !slices.Contains(c.Capabilities.Drop, "ALL") || len(c.Capabilities.Add) > 0 {
					t.Errorf("%s: container %q of %q has rights it does not need", name, container.Name, object.GetName())
				}
				if container.LivenessProbe == nil || container.ReadinessProbe == nil {
					t.Errorf("%s: container %q of %q is not probed", name, container.Name, object.GetName())
				}
			}
		}
	}
	if pods == 0 {
		t.Error("no manifest runs a pod: the test proves nothing")
	}
}

func TestNoRoleIsAWildcard(t *testing.T) {
	for name, content := range shipped(t) {
		if strings.HasPrefix(name, "crds/") {
			continue
		}
		for i, line := range strings.Split(string(content), "\n") {
			if rule, _, _ := strings.Cut(line, "#"); strings.Contains(rule, `"*"`) || strings.Contains(rule, `'*'`) || strings.Contains(rule, "[*]") {
				t.Errorf("%s:%d grants a wildcard: %s", name, i+1, strings.TrimSpace(line))
			}
		}
	}
}
