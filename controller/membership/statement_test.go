package membership_test

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/controller/internal/apiserver"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// What a real API server says of its cluster, from before the About API to after it.
func TestWhatAClusterSaysOfItself(t *testing.T) {
	server, err := apiserver.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	c, err := client.New(server.Config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	eventually := func(what string, condition func() error) {
		t.Helper()
		var err error
		for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); <-time.After(20 * time.Millisecond) {
			if err = condition(); err == nil {
				return
			}
		}
		t.Fatalf("waiting, %s: %v", what, err)
	}
	states := func(want membership.Statement) {
		t.Helper()
		eventually("what the cluster says of itself", func() error {
			got, err := membership.ReadStatement(t.Context(), c, membership.PropertyClusterID)
			if err == nil && got != want {
				err = fmt.Errorf("read %+v, want %+v", got, want)
			}
			return err
		})
	}
	states(membership.Statement{})

	crds, err := manifests.MemberCRDs()
	if err != nil {
		t.Fatal(err)
	}
	if err := manifests.Apply(t.Context(), c, crds...); err != nil {
		t.Fatal(err)
	}
	states(membership.Statement{Served: true})

	property := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "about.k8s.io/v1beta1", "kind": "ClusterProperty",
		"metadata": map[string]any{"name": membership.PropertyClusterID},
		"spec":     map[string]any{"value": "east"},
	}}
	eventually("stating a property, whose kind is served a moment after its definition was made", func() error {
		return c.Create(t.Context(), property)
	})
	states(membership.Statement{Served: true, Value: "east"})

	for _, crd := range crds {
		if err := c.Delete(t.Context(), crd); err != nil {
			t.Fatal(err)
		}
	}
	// The client still knows the kind: what it hears now is that there is no such path.
	states(membership.Statement{})

	var namespace corev1.Namespace
	if err := c.Get(t.Context(), types.NamespacedName{Name: "kube-system"}, &namespace); err != nil {
		t.Fatal(err)
	}
	if got, err := membership.ReadKubeSystemUID(t.Context(), c); err != nil || got == "" || got != string(namespace.UID) {
		t.Errorf("ReadKubeSystemUID = %q, %v, want %q", got, err, namespace.UID)
	}

	if err := server.Crash(apiserver.API); err != nil {
		t.Fatal(err)
	}
	if got, err := membership.ReadStatement(t.Context(), c, membership.PropertyClusterID); err == nil {
		t.Errorf("without an API server it reads %+v, want an error", got)
	}
	if got, err := membership.ReadKubeSystemUID(t.Context(), c); err == nil {
		t.Errorf("without an API server its kube-system has the UID %q, want an error", got)
	}
}
