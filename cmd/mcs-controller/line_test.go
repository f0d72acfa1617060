package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// create creates objects.
func (c *cluster) create(t *testing.T, objects ...client.Object) {
	t.Helper()
	for _, o := range objects {
		if err := c.Create(t.Context(), o); err != nil {
			t.Fatalf("creating %T %s: %v", o, client.ObjectKeyFromObject(o), err)
		}
	}
}

func namespace(name string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
}

// service is a Service with one port, http 80.
func service(ns, name string, annotations map[string]string) *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: name, Annotations: annotations},
		Spec: corev1.ServiceSpec{
			Selector: map[string]string{"app": name},
			Ports:    []corev1.ServicePort{{Name: "http", Port: 80}},
		},
	}
}

// slice is the EndpointSlice that a cluster's own controller would make for a Service.
func slice(ns, service string, addresses ...string) *discoveryv1.EndpointSlice {
	s := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: ns, Name: service + "-x1",
			Labels: map[string]string{discoveryv1.LabelServiceName: service, discoveryv1.LabelManagedBy: "endpointslice-controller.k8s.io"},
		},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Name: new("http"), Port: new(int32(8080))}},
	}
	for _, a := range addresses {
		s.Endpoints = append(s.Endpoints, discoveryv1.Endpoint{Addresses: []string{a}})
	}
	return s
}

// imported returns the ServiceImport of a name, once it is Ready and from these clusters.
func (m *member) imported(ctx context.Context, ns, name string, clusters ...string) (*mcsv1beta1.ServiceImport, error) {
	var si mcsv1beta1.ServiceImport
	if err := m.Get(ctx, client.ObjectKey{Namespace: ns, Name: name}, &si); err != nil {
		return nil, err
	}
	var from []string
	for _, c := range si.Status.Clusters {
		from = append(from, c.Cluster)
	}
	if diff := cmp.Diff(clusters, from); diff != "" {
		return nil, fmt.Errorf("status.clusters (-want +got):\n%s", diff)
	}
	for _, c := range si.Status.Conditions {
		if c.Type == "Ready" && c.Status == metav1.ConditionTrue {
			return &si, nil
		}
	}
	return nil, fmt.Errorf("conditions are %+v", si.Status.Conditions)
}

// addresses returns those of the imported EndpointSlices of a name, by source cluster.
func (m *member) addresses(ctx context.Context, ns, name string) (map[string][]string, error) {
	var list discoveryv1.EndpointSliceList
	if err := m.List(ctx, &list, client.InNamespace(ns), client.MatchingLabels{mcsv1beta1.LabelServiceName: name}); err != nil {
		return nil, err
	}
	found := map[string][]string{}
	for _, s := range list.Items {
		for _, e := range s.Endpoints {
			found[s.Labels[mcsv1beta1.LabelSourceCluster]] = append(found[s.Labels[mcsv1beta1.LabelSourceCluster]], e.Addresses...)
		}
	}
	return found, nil
}

func (m *member) wantAddresses(ns, name string, want map[string][]string) func(context.Context) error {
	return func(ctx context.Context) error {
		got, err := m.addresses(ctx, ns, name)
		if err != nil {
			return err
		}
		if diff := cmp.Diff(want, got); diff != "" {
			return fmt.Errorf("addresses (-want +got):\n%s", diff)
		}
		return nil
	}
}

// annotated asks for export.
var annotated = map[string]string{"multicluster.kubernetes.io/export": "true"}

// startSet starts a hub and two members, east and west, each with an API server of its own and a namespace shop.
func startSet(t *testing.T) (hub *cluster, east, west *member) {
	t.Helper()
	hub = startCluster(t)
	hub.hub(t)
	east, west = startCluster(t).join(t, hub, "east"), startCluster(t).join(t, hub, "west")
	for _, m := range []*member{east, west} {
		m.create(t, namespace("shop"))
		m.start(t)
	}
	for _, m := range []*member{east, west} {
		eventually(t, m.id+" ready", m.ready)
	}
	return hub, east, west
}

// resourceVersions are those of all objects in a namespace that the program writes.
func (m *member) resourceVersions(t *testing.T, ns string) map[string]string {
	t.Helper()
	versions := map[string]string{}
	for _, list := range []client.ObjectList{
		&corev1.ServiceList{}, &discoveryv1.EndpointSliceList{}, &mcsv1beta1.ServiceExportList{}, &mcsv1beta1.ServiceImportList{},
	} {
		if err := m.List(t.Context(), list, client.InNamespace(ns)); err != nil {
			t.Fatal(err)
		}
		err := meta.EachListItem(list, func(o runtime.Object) error {
			item, err := meta.Accessor(o)
			versions[fmt.Sprintf("%T %s", o, item.GetName())] = item.GetResourceVersion()
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return versions
}

func TestLine(t *testing.T) {
	_, east, west := startSet(t)
	both := []*member{east, west}

	t.Run("an annotated Service is imported everywhere", func(t *testing.T) {
		east.create(t, service("shop", "web", annotated), slice("shop", "web", "10.1.0.10"))
		west.create(t, service("shop", "web", annotated), slice("shop", "web", "10.2.0.10", "10.2.0.11"))
		for _, m := range both {
			eventually(t, "web imported in "+m.id, func(ctx context.Context) error {
				si, err := m.imported(ctx, "shop", "web", "east", "west")
				if err != nil {
					return err
				}
				if len(si.Spec.IPs) != 1 || si.Status.EndpointSliceObjects != mcsv1beta1.EndpointSliceObjectsPresent {
					return fmt.Errorf("ips are %v, endpointSliceObjects is %q", si.Spec.IPs, si.Status.EndpointSliceObjects)
				}
				return m.wantAddresses("shop", "web", map[string][]string{"east": {"10.1.0.10"}, "west": {"10.2.0.10", "10.2.0.11"}})(ctx)
			})
			eventually(t, "web exported by "+m.id, m.wantConditions("shop", "web", "Valid=True/Valid Ready=True/Exported Conflict=False/NoConflicts"))
		}
	})

	t.Run("a restart writes nothing", func(t *testing.T) {
		before := east.resourceVersions(t, "shop")
		east.stop(t)
		east.start(t)
		eventually(t, "east ready again", east.ready)
		east.create(t, service("shop", "marker", annotated))
		eventually(t, "east at work again", func(ctx context.Context) error {
			_, err := west.imported(ctx, "shop", "marker", "east")
			return err
		})
		after := east.resourceVersions(t, "shop")
		for name := range after {
			if _, found := before[name]; !found {
				delete(after, name)
			}
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("scenarios 46 and 55: resourceVersions (-before +after):\n%s", diff)
		}
	})

	t.Run("one pod change is one write", func(t *testing.T) {
		before := west.resourceVersions(t, "shop")
		s := slice("shop", "web", "10.1.0.10", "10.1.0.12")
		if err := east.Update(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the pod in west", west.wantAddresses("shop", "web", map[string][]string{"east": {"10.1.0.10", "10.1.0.12"}, "west": {"10.2.0.10", "10.2.0.11"}}))
		changed := 0
		for name, version := range west.resourceVersions(t, "shop") {
			if before[name] != version {
				changed++
			}
		}
		if changed != 1 {
			t.Errorf("decision 5: %d objects changed, want 1", changed)
		}
	})

	t.Run("a conflict is on both exports and its end, too", func(t *testing.T) {
		var theirs corev1.Service
		if err := west.Get(t.Context(), client.ObjectKey{Namespace: "shop", Name: "web"}, &theirs); err != nil {
			t.Fatal(err)
		}
		theirs.Spec.Ports[0].Port = 8080
		if err := west.Update(t.Context(), &theirs); err != nil {
			t.Fatal(err)
		}
		for _, m := range both {
			eventually(t, "a PortConflict in "+m.id, m.wantConditions("shop", "web", "Valid=True/Valid Ready=True/Exported Conflict=True/PortConflict"))
		}
		theirs.Spec.Ports[0].Port = 80
		if err := west.Update(t.Context(), &theirs); err != nil {
			t.Fatal(err)
		}
		for _, m := range both {
			eventually(t, "no conflict in "+m.id, m.wantConditions("shop", "web", "Valid=True/Valid Ready=True/Exported Conflict=False/NoConflicts"))
		}
	})

	t.Run("what is deleted by hand comes back, with the IP", func(t *testing.T) {
		var si *mcsv1beta1.ServiceImport
		eventually(t, "web in west", func(ctx context.Context) (err error) {
			si, err = west.imported(ctx, "shop", "web", "east", "west")
			return err
		})
		name := client.ObjectKey{Namespace: "shop", Name: si.Annotations["multicluster.kubernetes.io/derived-service"]}
		derived := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: name.Namespace, Name: name.Name}}
		if err := west.Get(t.Context(), name, derived); err != nil {
			t.Fatal(err)
		}
		uid := derived.UID
		if err := west.Delete(t.Context(), derived); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the derived Service", func(ctx context.Context) error {
			if err := west.Get(ctx, name, derived); err != nil {
				return err
			}
			if derived.UID == uid || derived.Spec.ClusterIP != si.Spec.IPs[0] {
				return fmt.Errorf("uid %s, IP %s, want another and %s", derived.UID, derived.Spec.ClusterIP, si.Spec.IPs[0])
			}
			return nil
		})
		if err := west.DeleteAllOf(t.Context(), &discoveryv1.EndpointSlice{}, client.InNamespace("shop"), client.MatchingLabels{mcsv1beta1.LabelServiceName: "web"}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the slices", west.wantAddresses("shop", "web", map[string][]string{"east": {"10.1.0.10", "10.1.0.12"}, "west": {"10.2.0.10", "10.2.0.11"}}))
	})

	t.Run("taking the annotation off withdraws", func(t *testing.T) {
		var mine corev1.Service
		if err := east.Get(t.Context(), client.ObjectKey{Namespace: "shop", Name: "web"}, &mine); err != nil {
			t.Fatal(err)
		}
		mine.Annotations = nil
		if err := east.Update(t.Context(), &mine); err != nil {
			t.Fatal(err)
		}
		for _, m := range both {
			eventually(t, "web from west alone in "+m.id, func(ctx context.Context) error {
				if _, err := m.imported(ctx, "shop", "web", "west"); err != nil {
					return err
				}
				return m.wantAddresses("shop", "web", map[string][]string{"west": {"10.2.0.10", "10.2.0.11"}})(ctx)
			})
		}
	})

	t.Run("a ServiceExport that ends while nobody watches is withdrawn later", func(t *testing.T) {
		west.stop(t)
		if err := west.Delete(t.Context(), &mcsv1beta1.ServiceExport{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web"}}); err != nil {
			t.Fatal(err)
		}
		var mine corev1.Service
		if err := west.Get(t.Context(), client.ObjectKey{Namespace: "shop", Name: "web"}, &mine); err != nil {
			t.Fatal(err)
		}
		mine.Annotations = nil
		if err := west.Update(t.Context(), &mine); err != nil {
			t.Fatal(err)
		}
		west.start(t)
		for _, m := range both {
			eventually(t, "web gone in "+m.id, m.wantGone("shop", "web"))
		}
	})

	for _, m := range both {
		for _, complaint := range []string{"forbidden", "Reconciler error", "panic"} {
			if strings.Contains(m.log.String(), complaint) {
				t.Errorf("the log of %s says %q:\n%s", m.id, complaint, m.log)
			}
		}
	}
}

// wantConditions compares Valid, Ready and Conflict of a ServiceExport, those that are there.
func (m *member) wantConditions(ns, name, want string) func(context.Context) error {
	return func(ctx context.Context) error {
		var e mcsv1beta1.ServiceExport
		if err := m.Get(ctx, client.ObjectKey{Namespace: ns, Name: name}, &e); err != nil {
			return err
		}
		var got []string
		for _, kind := range []string{"Valid", "Ready", "Conflict"} {
			if c := meta.FindStatusCondition(e.Status.Conditions, kind); c != nil {
				got = append(got, fmt.Sprintf("%s=%s/%s", kind, c.Status, c.Reason))
			}
		}
		if strings.Join(got, " ") != want {
			return fmt.Errorf("conditions are %v, want %s: %+v", got, want, e.Status.Conditions)
		}
		return nil
	}
}

// wantGone says that nothing is left of an import.
func (m *member) wantGone(ns, name string) func(context.Context) error {
	return func(ctx context.Context) error {
		var si mcsv1beta1.ServiceImport
		if err := m.Get(ctx, client.ObjectKey{Namespace: ns, Name: name}, &si); err == nil {
			return errors.New("the ServiceImport is there")
		} else if !apierrors.IsNotFound(err) {
			return err
		}
		var derived corev1.ServiceList
		if err := m.List(ctx, &derived, client.InNamespace(ns), client.MatchingLabels{mcsv1beta1.LabelServiceName: name}); err != nil {
			return err
		}
		if len(derived.Items) > 0 {
			return fmt.Errorf("Service %s is left", derived.Items[0].Name)
		}
		return m.wantAddresses(ns, name, map[string][]string{})(ctx)
	}
}
