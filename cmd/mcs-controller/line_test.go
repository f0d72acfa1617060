package main

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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

func TestAnnotatedServiceIsImportedEverywhere(t *testing.T) {
	hub := startCluster(t)
	hub.hub(t)
	east, west := startCluster(t).join(t, hub, "east"), startCluster(t).join(t, hub, "west")
	for _, m := range []*member{east, west} {
		m.create(t, namespace("shop"))
		m.start(t)
		eventually(t, m.id+" ready", m.ready)
	}
	annotated := map[string]string{"multicluster.kubernetes.io/export": "true"}
	east.create(t, service("shop", "web", annotated), slice("shop", "web", "10.1.0.10"))
	west.create(t, service("shop", "web", annotated), slice("shop", "web", "10.2.0.10", "10.2.0.11"))
	for _, m := range []*member{east, west} {
		eventually(t, "web imported in "+m.id, func(ctx context.Context) error {
			si, err := m.imported(ctx, "shop", "web", "east", "west")
			if err != nil {
				return err
			}
			if len(si.Spec.IPs) != 1 {
				return fmt.Errorf("ips are %v", si.Spec.IPs)
			}
			return m.wantAddresses("shop", "web", map[string][]string{"east": {"10.1.0.10"}, "west": {"10.2.0.10", "10.2.0.11"}})(ctx)
		})
	}
	t.Logf("east:\n%s", east.log)
	t.Logf("west:\n%s", west.log)
}
