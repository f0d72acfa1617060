package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// wantWaiting says that the program runs, is not ready, and says that it waits for what.
func (m *member) wantWaiting(what string) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-m.ended:
			return fmt.Errorf("it ended:\n%s", m.log)
		default:
		}
		err := m.ready(ctx)
		if err == nil {
			return errors.New("it is ready")
		}
		if !strings.Contains(err.Error(), what) {
			return fmt.Errorf("it waits for something else: %w", err)
		}
		return nil
	}
}

func TestWhatIsMissingAtStartIsWaitedFor(t *testing.T) {
	hub := startCluster(t)
	hub.hub(t)
	east := hub.join(t, hub, "east") // A hub may be a member of its own clusterset.

	crd := &unstructured.Unstructured{}
	crd.SetAPIVersion("apiextensions.k8s.io/v1")
	crd.SetKind("CustomResourceDefinition")
	if err := east.Get(t.Context(), client.ObjectKey{Name: "serviceimports." + mcsv1beta1.GroupName}, crd); err != nil {
		t.Fatal(err)
	}
	if err := east.Delete(t.Context(), crd.DeepCopy()); err != nil {
		t.Fatal(err)
	}
	role := &unstructured.Unstructured{}
	role.SetAPIVersion("rbac.authorization.k8s.io/v1")
	role.SetKind("ClusterRoleBinding")
	if err := east.Get(t.Context(), client.ObjectKey{Name: "multicluster-dns:controller"}, role); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the CRD gone", func(ctx context.Context) error {
		err := east.List(ctx, &mcsv1beta1.ServiceImportList{})
		if err == nil {
			return errors.New("it is still served")
		}
		if meta.IsNoMatchError(err) { // The client learned what is served when it was gone already.
			return nil
		}
		return client.IgnoreNotFound(err)
	})
	east.start(t)
	eventually(t, "scenario 56: it waits for the CRD", east.wantWaiting("are not installed"))
	if err := east.Delete(t.Context(), role.DeepCopy()); err != nil {
		t.Fatal(err)
	}
	for _, o := range []*unstructured.Unstructured{crd, role} {
		o.SetResourceVersion("")
		o.SetUID("")
	}
	if err := east.Create(t.Context(), crd); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it waits for its permissions", east.wantWaiting("forbidden"))
	if err := east.Create(t.Context(), role); err != nil {
		t.Fatal(err)
	}
	eventually(t, "ready", east.ready)
	for _, once := range []string{"are not installed"} {
		if n := strings.Count(east.log.String(), once); n != 1 {
			t.Errorf("scenario 56: the log says %q %d times, want once:\n%s", once, n, east.log)
		}
	}
}

func TestHubThatIsAwayFreezesNothingLocal(t *testing.T) {
	hub := startCluster(t)
	hub.hub(t)
	east := startCluster(t).join(t, hub, "east")
	east.create(t, namespace("shop"))
	for i, arg := range east.args {
		if strings.HasPrefix(arg, "--hub-kubeconfig=") {
			east.args[i] = "--hub-kubeconfig=" + (&cluster{config: unreachableHub(), Client: hub.Client, dir: t.TempDir()}).kubeconfig(t, "mcs-clusterset", "east")
		}
	}
	east.start(t)
	eventually(t, "ready without hub", east.ready)
	east.create(t, service("shop", "web", annotated), slice("shop", "web", "10.1.0.10"))
	eventually(t, "scenario 52: pending", east.wantConditions("shop", "web", "Valid=True/Valid Ready=False/Pending"))
	eventually(t, "decision 5: imported alone", func(ctx context.Context) error {
		_, err := east.imported(ctx, "shop", "web", "east")
		return err
	})
	if err := east.Delete(t.Context(), service("shop", "web", nil)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "scenario 13: gone", east.wantGone("shop", "web"))
}
