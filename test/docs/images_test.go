package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// stage is one FROM of images/Dockerfile, with the instructions under it that the Deployments rely on.
type stage struct {
	from, user, entrypoint string
}

// stages reads the Dockerfile: by name, each with what it takes over from the stage it is built on.
func stages(t *testing.T, text string) map[string]stage {
	t.Helper()
	found, current := map[string]stage{}, ""
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		s := found[current]
		switch words[0] {
		case "FROM":
			if len(words) < 4 || words[len(words)-2] != "AS" {
				t.Fatalf("the stage %q has no name", line)
			}
			from := words[len(words)-3]
			s, current = found[from], words[len(words)-1]
			s.from = from
		case "USER":
			s.user = words[1]
		case "ENTRYPOINT":
			s.entrypoint = strings.Join(words[1:], " ")
		}
		found[current] = s
	}
	return found
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestImagesAreBuiltByTheGoOfTheModule(t *testing.T) {
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "go.mod"))
	if version == nil {
		t.Fatal("go.mod names no version of Go")
	}
	if got, want := stages(t, read(t, "images/Dockerfile"))["build"].from, "golang:"+version[1]; got != want {
		t.Errorf("the Dockerfile builds from %s, want %s", got, want)
	}
}

// A Deployment gives arguments to the entrypoint of its image, and says as whom it runs.
func TestImagesFitTheDeployments(t *testing.T) {
	controller, err := manifests.Controller("")
	if err != nil {
		t.Fatal(err)
	}
	beside, err := manifests.CoreDNS(manifests.DNSBeside, "", "")
	if err != nil {
		t.Fatal(err)
	}
	own, err := manifests.CoreDNS(manifests.DNSOwn, "", "")
	if err != nil {
		t.Fatal(err)
	}
	built := stages(t, read(t, "images/Dockerfile"))
	for _, tc := range []struct {
		name, program string
		objects       []*unstructured.Unstructured
	}{
		{"the controller", "mcs-controller", controller},
		{"CoreDNS beside the cluster's own", "coredns", beside},
		{"CoreDNS as the cluster's own", "coredns", own},
	} {
		t.Run(tc.name, func(t *testing.T) {
			image := built[tc.program]
			if want := `["/` + tc.program + `"]`; image.entrypoint != want {
				t.Errorf("the entrypoint is %s, want %s", image.entrypoint, want)
			}
			if _, err := os.Stat(filepath.Join(root, "cmd", tc.program)); err != nil || !strings.Contains(read(t, "images/Dockerfile"), "./cmd/"+tc.program) {
				t.Errorf("the Dockerfile does not build cmd/%s: %v", tc.program, err)
			}
			pod := deployed(t, tc.objects)
			if command := pod.Containers[0].Command; len(command) > 0 {
				t.Errorf("the Deployment sets the command %v over the entrypoint", command)
			}
			user := strconv.FormatInt(*pod.SecurityContext.RunAsUser, 10) + ":" + strconv.FormatInt(*pod.SecurityContext.RunAsGroup, 10)
			if image.user != user {
				t.Errorf("the image runs as %s, the Deployment as %s", image.user, user)
			}
		})
	}
}

func TestTargetsInDocsAreStages(t *testing.T) {
	built, named := stages(t, read(t, "images/Dockerfile")), 0
	for _, p := range pages(t) {
		for _, match := range regexp.MustCompile(`docker build -f (\S+) --target (\S+)`).FindAllStringSubmatch(p.text, -1) {
			named++
			if _, found := built[match[2]]; match[1] != "images/Dockerfile" || !found {
				t.Errorf("%s: %s has no target %s", p.path, match[1], match[2])
			}
		}
	}
	if named < 2 {
		t.Fatalf("the pages name %d targets, want both: the search is broken", named)
	}
}

// deployed is the pod of the one Deployment among objects.
func deployed(t *testing.T, objects []*unstructured.Unstructured) (pod corev1.PodSpec) {
	t.Helper()
	for _, object := range objects {
		if object.GetKind() != "Deployment" {
			continue
		}
		var deployment appsv1.Deployment
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &deployment); err != nil {
			t.Fatal(err)
		}
		pod = deployment.Spec.Template.Spec
	}
	if len(pod.Containers) == 0 || pod.SecurityContext == nil || pod.SecurityContext.RunAsUser == nil || pod.SecurityContext.RunAsGroup == nil {
		t.Fatalf("the pod says not as whom its container runs: %v", pod)
	}
	return pod
}
