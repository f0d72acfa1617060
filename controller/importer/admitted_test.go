package importer

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"pgregory.net/rapid"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/internal/apiserver"
	"github.com/multicluster-dns/multicluster-dns/controller/internal/hostile"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// bothFamilies is what a dual-stack cluster supports.
var bothFamilies = []corev1.IPFamily{corev1.IPv4Protocol, corev1.IPv6Protocol}

// dualStack starts an API server that has the API's definitions and the namespace of hostile exports, and returns an administrator's
// client.
func dualStack(t *testing.T) client.Client {
	t.Helper()
	if testing.Short() {
		t.Skip("starts an API server, which -short asks not to")
	}
	server, err := apiserver.Start(apiserver.DualStack)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	scheme := runtime.NewScheme()
	if err := errors.Join(corev1.AddToScheme(scheme), discoveryv1.AddToScheme(scheme), mcsv1beta1.Install(scheme)); err != nil {
		t.Fatal(err)
	}
	c, err := client.New(server.Config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	crds, err := manifests.MemberCRDs()
	if err != nil {
		t.Fatal(err)
	}
	if err := manifests.Apply(t.Context(), c, crds...); err != nil {
		t.Fatal(err)
	}
	if err := c.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: hostile.Key.Namespace}}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for err = errors.New("not asked yet"); err != nil; err = c.List(ctx, &mcsv1beta1.ServiceImportList{}) {
		select {
		case <-ctx.Done():
			t.Fatalf("waiting for the API's definitions to be served: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
	return c
}

// Whatever members export, what an importer makes of it is valid: one that is refused would be tried again and again, and the service
// would be reached nowhere.
func TestWhatBecomesOfHostileExportsIsAdmitted(t *testing.T) {
	c := dualStack(t)
	rapid.Check(t, func(rt *rapid.T) {
		first, second := mcs.Merge(hostile.Sanitized.Draw(rt, "exports")), mcs.Merge(hostile.Sanitized.Draw(rt, "exports after a change"))
		if !first.Exists() {
			return
		}
		there, err := admitted(t, c, first)
		defer there.remove(t, c)
		if err == nil && second.Exists() {
			err = there.changed(t, c, second)
		}
		if err != nil {
			rt.Fatalf("exports %+v, then %+v: %v", first, second, err)
		}
	})
}

// written is what was made of an import.
type written struct {
	service       *corev1.Service
	serviceImport *mcsv1beta1.ServiceImport
}

// admitted creates what an import becomes, its slices only for the asking.
func admitted(t *testing.T, c client.Client, imp mcs.Import) (written, error) {
	var there written
	families := imp.Serves(bothFamilies)
	name := ""
	if plan := planService(nil, imp, hostile.Key, families, nil); plan.step == create {
		if err := c.Create(t.Context(), plan.object); err != nil {
			return there, fmt.Errorf("creating the derived Service: %w", err)
		}
		there.service, name = plan.object, plan.object.Name
	}
	for _, slice := range slicesOf(imp, hostile.Key, name) {
		if err := c.Create(t.Context(), slice, client.DryRunAll); err != nil {
			return there, fmt.Errorf("creating EndpointSlice %q: %w", slice.Name, err)
		}
	}
	si := planImport(nil, imp, hostile.Key, families, there.holder(), keepsAll).object
	if err := c.Create(t.Context(), si); err != nil {
		return there, fmt.Errorf("creating the ServiceImport: %w", err)
	}
	there.serviceImport = si
	si.Status = statusOf(si, imp, bothFamilies, "")
	if err := c.Status().Update(t.Context(), si.DeepCopy()); err != nil {
		return there, fmt.Errorf("writing the status of the ServiceImport: %w", err)
	}
	return there, nil
}

// changed asks whether what is there may become what another import is.
func (there written) changed(t *testing.T, c client.Client, imp mcs.Import) error {
	families := imp.Serves(bothFamilies)
	if there.service != nil {
		if plan := planService(there.service, imp, hostile.Key, families, nil); plan.step == update {
			if err := c.Update(t.Context(), plan.object.DeepCopy(), client.DryRunAll); err != nil {
				return fmt.Errorf("updating the derived Service: %w", err)
			}
		}
	}
	if err := c.Get(t.Context(), hostile.Key, there.serviceImport); err != nil {
		return err
	}
	if plan := planImport(there.serviceImport, imp, hostile.Key, families, there.holder(), keepsAll); plan.step == update {
		if err := c.Update(t.Context(), plan.object.DeepCopy(), client.DryRunAll); err != nil {
			return fmt.Errorf("updating the ServiceImport: %w", err)
		}
	}
	return nil
}

func (there written) holder() holder {
	if there.service == nil {
		return holder{}
	}
	return holder{name: there.service.Name, ips: there.service.Spec.ClusterIPs}
}

func (there written) remove(t *testing.T, c client.Client) {
	if there.service != nil {
		if err := c.Delete(t.Context(), there.service); err != nil {
			t.Error(err)
		}
	}
	if there.serviceImport != nil {
		if err := c.Delete(t.Context(), there.serviceImport); err != nil {
			t.Error(err)
		}
	}
}
