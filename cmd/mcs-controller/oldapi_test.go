package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// age has a definition serve v1alpha1 alone, as it was before the newer fields: they are dropped from what is written.
func age(t *testing.T, definition *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	definition = definition.DeepCopy()
	versions, _, err := unstructured.NestedSlice(definition.Object, "spec", "versions")
	if err != nil {
		t.Fatal(err)
	}
	var kept []any
	for _, v := range versions {
		version, ok := v.(map[string]any)
		if !ok || version["name"] != "v1alpha1" {
			continue
		}
		version["served"], version["storage"] = true, true
		delete(version, "deprecated")
		for _, field := range [][]string{
			{"spec", "properties", "ipFamilies"}, {"spec", "properties", "internalTrafficPolicy"}, {"spec", "properties", "trafficDistribution"},
			{"status", "properties", "endpointSliceObjects"}, {"spec", "x-kubernetes-validations"},
		} {
			unstructured.RemoveNestedField(version, append([]string{"schema", "openAPIV3Schema", "properties"}, field...)...)
		}
		kept = append(kept, version)
	}
	if len(kept) != 1 {
		t.Fatalf("%s has %d versions v1alpha1", definition.GetName(), len(kept))
	}
	if err := unstructured.SetNestedSlice(definition.Object, kept, "spec", "versions"); err != nil {
		t.Fatal(err)
	}
	return definition
}

// old replaces the definitions of the member's API by older ones, and its client by one that speaks their version.
func (m *member) old(t *testing.T) {
	t.Helper()
	objects, err := manifests.Cluster()
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range objects {
		group, _, _ := unstructured.NestedString(object.Object, "spec", "group")
		if object.GetKind() != "CustomResourceDefinition" || group != mcsv1beta1.GroupName {
			continue
		}
		if err := m.Delete(t.Context(), object.DeepCopy()); err != nil {
			t.Fatal(err)
		}
		eventually(t, "an older "+object.GetName(), func(ctx context.Context) error { return m.Create(ctx, age(t, object)) })
	}
	s := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(s); err != nil {
		t.Fatal(err)
	}
	register(s, versions[1])
	if m.Client, err = client.New(m.config, client.Options{Scheme: s}); err != nil {
		t.Fatal(err)
	}
}

// An older schema drops fields without a word. What is compared with what was written must not miss them, or it is written for ever.
func TestAnOlderSchemaIsServedWithoutAHotLoop(t *testing.T) {
	hub := startCluster(t)
	hub.hub(t)
	east := hub.join(t, hub, "east") // A hub may be a member of its own clusterset.
	east.old(t)
	east.create(t, namespace("shop"))
	east.start(t)
	eventually(t, "ready", east.ready)

	web := service("shop", "web", annotated)
	web.Spec.TrafficDistribution = new(corev1.ServiceTrafficDistributionPreferClose)
	web.Spec.InternalTrafficPolicy = new(corev1.ServiceInternalTrafficPolicyLocal)
	east.create(t, web, slice("shop", "web", "10.1.0.10"))
	eventually(t, "the export's conditions", east.wantConditions("shop", "web", "Valid=True/Valid Ready=True/Exported Conflict=False/NoConflicts"))
	eventually(t, "the endpoint", east.wantAddresses("shop", "web", map[string][]string{"east": {"10.1.0.10"}}))
	var before *mcsv1beta1.ServiceImport
	eventually(t, "scenario 56: imported under v1alpha1", func(ctx context.Context) (err error) {
		before, err = east.imported(ctx, "shop", "web", "east")
		return err
	})
	if len(before.Spec.IPs) != 1 || len(before.Spec.IPFamilies) != 0 || before.Spec.TrafficDistribution != nil || before.Status.EndpointSliceObjects != "" {
		t.Errorf("the import is %+v %+v: the schema was to drop the newer fields", before.Spec, before.Status)
	}
	changed := slice("shop", "web", "10.1.0.11")
	if err := east.Update(t.Context(), changed); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the changed endpoint", east.wantAddresses("shop", "web", map[string][]string{"east": {"10.1.0.11"}}))
	east.create(t, service("shop", "later", annotated), slice("shop", "later", "10.1.0.12"))
	eventually(t, "a later import", func(ctx context.Context) error {
		_, err := east.imported(ctx, "shop", "later", "east")
		return err
	})
	after, err := east.imported(t.Context(), "shop", "web", "east")
	if err != nil {
		t.Fatal(err)
	}
	if before.ResourceVersion != after.ResourceVersion {
		t.Errorf("contract: an unchanged import was written again: %s, then %s", before.ResourceVersion, after.ResourceVersion)
	}
	if n := strings.Count(east.log.String(), `unknown field \"spec.ipFamilies\"`); n > 1 {
		t.Errorf("the log says %d times that a field is dropped, want once", n)
	}
}

// The importer here has IPv6 alone: an IPv4 service cannot have an IP in it, and says so.
func TestAnImporterWithIPv6Alone(t *testing.T) {
	hub := startCluster(t)
	hub.hub(t)
	east := hub.join(t, hub, "east")
	west := startIPv6Cluster(t).join(t, hub, "west")
	for _, m := range []*member{east, west} {
		m.create(t, namespace("shop"))
		m.start(t)
	}
	east.create(t, service("shop", "web", annotated), slice("shop", "web", "10.1.0.10"))
	eventually(t, "scenario 24: no IP, and why", func(ctx context.Context) error {
		var si mcsv1beta1.ServiceImport
		if err := west.Get(ctx, client.ObjectKey{Namespace: "shop", Name: "web"}, &si); err != nil {
			return err
		}
		if len(si.Spec.IPs) > 0 || len(si.Spec.IPFamilies) != 1 || si.Spec.IPFamilies[0] != corev1.IPv4Protocol {
			return fmt.Errorf("the import has %v of %v", si.Spec.IPs, si.Spec.IPFamilies)
		}
		for _, c := range si.Status.Conditions {
			if c.Type == "Ready" && c.Status == "False" && c.Reason == "IPFamilyNotSupported" {
				return nil
			}
		}
		return fmt.Errorf("its conditions are %+v", si.Status.Conditions)
	})
	own := slice("shop", "own", "fd00:10::1")
	own.AddressType = "IPv6"
	west.create(t, service("shop", "own", annotated), own)
	eventually(t, "scenario 24: its own service has an IPv6 address", func(ctx context.Context) error {
		si, err := west.imported(ctx, "shop", "own", "west")
		if err == nil && (len(si.Spec.IPs) != 1 || si.Spec.IPFamilies[0] != corev1.IPv6Protocol) {
			err = fmt.Errorf("the import has %v of %v", si.Spec.IPs, si.Spec.IPFamilies)
		}
		return err
	})
	eventually(t, "and elsewhere none", func(ctx context.Context) error {
		var si mcsv1beta1.ServiceImport
		if err := east.Get(ctx, client.ObjectKey{Namespace: "shop", Name: "own"}, &si); err != nil {
			return err
		}
		if len(si.Spec.IPs) > 0 {
			return errors.New("it has an IP")
		}
		return nil
	})
}
