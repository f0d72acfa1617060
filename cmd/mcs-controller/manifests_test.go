package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/pflag"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// decoded decodes every document of a manifest strictly: an unknown field is an error.
func decoded(t *testing.T, file string) map[string]runtime.Object {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("../../manifests/controller", file))
	if err != nil {
		t.Fatal(err)
	}
	objects := map[string]runtime.Object{}
	for document := range bytes.SplitSeq(content, []byte("\n---\n")) {
		var kind struct {
			Kind string `json:"kind"`
		}
		if err := yaml.Unmarshal(document, &kind); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		o, known := map[string]runtime.Object{
			"Namespace": &corev1.Namespace{}, "ServiceAccount": &corev1.ServiceAccount{}, "Deployment": &appsv1.Deployment{},
			"ClusterRole": &rbacv1.ClusterRole{}, "ClusterRoleBinding": &rbacv1.ClusterRoleBinding{},
			"Role": &rbacv1.Role{}, "RoleBinding": &rbacv1.RoleBinding{},
		}[kind.Kind]
		if !known {
			t.Fatalf("%s: a %q is not expected", file, kind.Kind)
		}
		if err := yaml.UnmarshalStrict(document, o); err != nil {
			t.Errorf("%s: %s: %v", file, kind.Kind, err)
		}
		objects[kind.Kind] = o
	}
	return objects
}

func TestDeploymentRunsThisProgram(t *testing.T) {
	deployment, ok := decoded(t, "deployment.yaml")["Deployment"].(*appsv1.Deployment)
	if !ok {
		t.Fatal("there is no Deployment")
	}
	var o options
	flags := pflag.NewFlagSet("mcs-controller", pflag.ContinueOnError)
	o.register(flags)
	container := deployment.Spec.Template.Spec.Containers[0]
	if err := flags.Parse(container.Args); err != nil {
		t.Fatalf("its arguments: %v", err)
	}
	if err := o.validate(); err != nil {
		t.Errorf("its arguments: %v", err)
	}
	if o.leaderElectNamespace != deployment.Namespace || deployment.Namespace != manifests.ControllerNamespace {
		t.Errorf("the Lease is in %q, the Deployment in %q, the account in %q", o.leaderElectNamespace, deployment.Namespace, manifests.ControllerNamespace)
	}
	if o.clustersetNamespace != manifests.DefaultClustersetNamespace {
		t.Errorf("--clusterset-namespace is %q by default, the hub's manifests have %q", o.clustersetNamespace, manifests.DefaultClustersetNamespace)
	}
	for _, p := range container.Ports {
		address := map[string]string{"metrics": o.metricsAddress, "health": o.healthAddress}[p.Name]
		if want := map[int32]string{8080: ":8080", 8081: ":8081"}[p.ContainerPort]; address == "" || address != want {
			t.Errorf("port %s is %d, the program listens on %q", p.Name, p.ContainerPort, address)
		}
	}
}

func TestPodIsRestricted(t *testing.T) {
	deployment, ok := decoded(t, "deployment.yaml")["Deployment"].(*appsv1.Deployment)
	if !ok {
		t.Fatal("there is no Deployment")
	}
	pod, container := deployment.Spec.Template.Spec, deployment.Spec.Template.Spec.Containers[0]
	for rule, holds := range map[string]bool{
		"runs as no root":         *pod.SecurityContext.RunAsNonRoot,
		"has a seccomp profile":   pod.SecurityContext.SeccompProfile.Type == corev1.SeccompProfileTypeRuntimeDefault,
		"gains no privileges":     !*container.SecurityContext.AllowPrivilegeEscalation,
		"writes to no disk":       *container.SecurityContext.ReadOnlyRootFilesystem,
		"drops all capabilities":  len(container.SecurityContext.Capabilities.Drop) == 1 && container.SecurityContext.Capabilities.Drop[0] == "ALL",
		"has a liveness probe":    container.LivenessProbe.HTTPGet.Path == "/healthz",
		"has a readiness probe":   container.ReadinessProbe.HTTPGet.Path == "/readyz",
		"runs twice":              *deployment.Spec.Replicas == 2,
		"runs as its own account": pod.ServiceAccountName == manifests.ControllerServiceAccount,
	} {
		if !holds {
			t.Errorf("Pod Security Standards, restricted: not so: %s", rule)
		}
	}
}

func TestPermissionsAreSpelledOut(t *testing.T) {
	objects := decoded(t, "rbac.yaml")
	role, ok := objects["ClusterRole"].(*rbacv1.ClusterRole)
	if !ok {
		t.Fatal("there is no ClusterRole")
	}
	for _, rule := range role.Rules {
		for _, word := range append(append(rule.APIGroups, rule.Resources...), rule.Verbs...) {
			if word == "*" {
				t.Errorf("least privilege: rule %v", rule)
			}
		}
	}
}
