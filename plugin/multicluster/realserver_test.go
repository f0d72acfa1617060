package multicluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/mcs-api/config/crd"
	mcsclient "sigs.k8s.io/mcs-api/pkg/client/clientset/versioned"
	"sigs.k8s.io/yaml"
)

// realServer is a kube-apiserver with an etcd of its own, which lasts until the
// test ends.
type realServer struct {
	t        *testing.T // until whose end it lasts
	env      *envtest.Environment
	admin    *rest.Config
	programs string // directory
}

func startRealServer(t *testing.T) *realServer {
	t.Helper()
	if testing.Short() {
		t.Skip("starts an API server; left out under -short")
	}
	s := &realServer{t: t, programs: kubernetesPrograms(t)}
	s.env = &envtest.Environment{BinaryAssetsDirectory: s.programs, ControlPlaneStartTimeout: patience, ControlPlaneStopTimeout: patience}
	var err error
	if s.admin, err = s.env.Start(); err != nil {
		t.Fatal(err)
	}
	s.admin.QPS = -1
	t.Cleanup(func() {
		if err := s.env.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// kubernetesPrograms returns a directory with etcd and kube-apiserver as scripts
// that note how they were started: around the programs that envtest is told of,
// or around the lab's single one.
func kubernetesPrograms(t *testing.T) string {
	t.Helper()
	assets := os.Getenv("KUBEBUILDER_ASSETS")
	binary, err := filepath.Abs(filepath.Join("..", "..", "bin", "k8s"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(binary); err != nil && assets == "" {
		t.Skipf("needs an API server: build test/lab/k8s into bin, or set KUBEBUILDER_ASSETS (%v)", err)
	}
	dir := t.TempDir()
	for _, name := range []string{"etcd", "kube-apiserver", "kubectl"} {
		program := fmt.Sprintf("%q %s", binary, name)
		if assets != "" {
			program = strconv.Quote(filepath.Join(assets, name))
		}
		script := fmt.Sprintf("#!/bin/sh\necho $$ >$0.pid\nprintf '%%s\\n' \"$@\" >$0.arguments\nexec %s \"$@\"\n", program)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// kill ends the API server as a crash does, and returns when it is gone.
func (s *realServer) kill(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.programs, "kube-apiserver.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the API server is gone", "true", func() string {
		return strconv.FormatBool(errors.Is(syscall.Kill(pid, 0), syscall.ESRCH))
	})
}

// restart starts the API server again as it was started first, and returns when
// it answers.
func (s *realServer) restart(t *testing.T) {
	t.Helper()
	program := filepath.Join(s.programs, "kube-apiserver")
	text, err := os.ReadFile(program + ".arguments")
	if err != nil {
		t.Fatal(err)
	}
	process := exec.Command(program, strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")...)
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_ = process.Wait() // that it was killed is no news
	}()
	s.t.Cleanup(func() { // before the rest of the environment ends
		_ = process.Process.Kill() // or it has been killed before
		<-gone
	})
	core := kubernetes.NewForConfigOrDie(s.admin)
	eventually(t, "the API server answers", "ok", func() string {
		text, err := core.RESTClient().Get().AbsPath("/readyz").DoRaw(t.Context())
		if err != nil {
			return err.Error()
		}
		return string(text)
	})
}

// user returns the configuration of a user who may do nothing yet.
func (s *realServer) user(t *testing.T, name string) *rest.Config {
	t.Helper()
	user, err := s.env.AddUser(envtest.User{Name: name}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return user.Config()
}

// grant gives the user dns exactly the rights the README asks for.
func (s *realServer) grant(t *testing.T) {
	t.Helper()
	core := kubernetes.NewForConfigOrDie(s.admin)
	verbs := []string{"list", "watch"}
	if _, err := core.RbacV1().ClusterRoles().Create(t.Context(), &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: "dns"},
		Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{"multicluster.x-k8s.io"}, Resources: []string{"serviceimports"}, Verbs: verbs},
			{APIGroups: []string{"discovery.k8s.io"}, Resources: []string{"endpointslices"}, Verbs: verbs},
		},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := core.RbacV1().ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "dns"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "dns"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "dns"}},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// revoke takes the rights away again, and returns when the API server, which
// learns of that a moment later, refuses what they allowed.
func (s *realServer) revoke(t *testing.T) {
	t.Helper()
	core := kubernetes.NewForConfigOrDie(s.admin)
	check(t, core.RbacV1().ClusterRoleBindings().Delete(t.Context(), "dns", metav1.DeleteOptions{}))
	check(t, core.RbacV1().ClusterRoles().Delete(t.Context(), "dns", metav1.DeleteOptions{}))
	eventually(t, "may still list and watch", "false false", func() string {
		return s.may(t, core, "list") + " " + s.may(t, core, "watch")
	})
}

// may says whether the user dns may do something to slices.
func (s *realServer) may(t *testing.T, core kubernetes.Interface, verb string) string {
	t.Helper()
	review, err := core.AuthorizationV1().SubjectAccessReviews().Create(t.Context(), &authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{User: "dns", ResourceAttributes: &authorizationv1.ResourceAttributes{
			Verb: verb, Group: "discovery.k8s.io", Resource: "endpointslices",
		}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err.Error()
	}
	return strconv.FormatBool(review.Status.Allowed)
}

// installCRD installs the CRD of imports with only some versions served.
func (s *realServer) installCRD(t *testing.T, versions ...string) {
	t.Helper()
	definition := new(apiextensionsv1.CustomResourceDefinition)
	check(t, yaml.UnmarshalStrict(crd.ServiceImportCRD, definition))
	for i := range definition.Spec.Versions {
		v := &definition.Spec.Versions[i]
		v.Served = slices.Contains(versions, v.Name)
	}
	_, err := envtest.InstallCRDs(s.admin, envtest.CRDInstallOptions{CRDs: []*apiextensionsv1.CustomResourceDefinition{definition}})
	check(t, err)
}

// create makes a headless service of three endpoints.
func (s *realServer) create(t *testing.T, name string) {
	t.Helper()
	imports := mcsclient.NewForConfigOrDie(s.admin).MulticlusterV1beta1().ServiceImports("default")
	_, err := imports.Create(t.Context(), headlessImport("default", name), metav1.CreateOptions{})
	check(t, err)
	slices := kubernetes.NewForConfigOrDie(s.admin).DiscoveryV1().EndpointSlices("default")
	_, err = slices.Create(t.Context(), endpointSlice("default", name, 1, 3), metav1.CreateOptions{})
	check(t, err)
}
