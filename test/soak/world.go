package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	hubv1alpha1 "github.com/multicluster-dns/multicluster-dns/controller/hub/api/v1alpha1"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

// world is everything that matters to imports, as the API servers have it.
type world struct {
	clusters []cluster
	// recorded is when the hub first saw an export, which precedence is judged by.
	recorded map[mcs.ClusterID]map[types.NamespacedName]time.Time
}

// cluster is what one member's API server has.
type cluster struct {
	id         mcs.ClusterID
	namespaces map[string]bool
	services   map[types.NamespacedName]corev1.Service
	exports    map[types.NamespacedName]mcsv1beta1.ServiceExport
	imports    map[types.NamespacedName]mcsv1beta1.ServiceImport
	slices     []discoveryv1.EndpointSlice
}

// look reads the world.
func look(ctx context.Context, set *clusterset.Clusterset, hub client.Reader) (world, error) {
	w := world{recorded: map[mcs.ClusterID]map[types.NamespacedName]time.Time{}}
	for _, m := range set.Members {
		c, err := lookAt(ctx, m)
		if err != nil {
			return world{}, fmt.Errorf("reading member %q: %w", m.ID, err)
		}
		w.clusters = append(w.clusters, c)
		var records hubv1alpha1.ExportedServiceList
		if err := hub.List(ctx, &records, client.InNamespace(membership.HubNamespace(c.id))); err != nil {
			return world{}, fmt.Errorf("reading the records of member %q: %w", m.ID, err)
		}
		w.recorded[c.id] = map[types.NamespacedName]time.Time{}
		for _, r := range records.Items {
			w.recorded[c.id][types.NamespacedName{Namespace: r.Spec.Namespace, Name: r.Spec.Name}] = r.CreationTimestamp.Time
		}
	}
	return w, nil
}

func lookAt(ctx context.Context, m *clusterset.Member) (cluster, error) {
	var (
		namespaces corev1.NamespaceList
		services   corev1.ServiceList
		exports    mcsv1beta1.ServiceExportList
		imports    mcsv1beta1.ServiceImportList
		slices     discoveryv1.EndpointSliceList
	)
	for _, list := range []client.ObjectList{&namespaces, &services, &exports, &imports, &slices} {
		if err := m.Client.List(ctx, list); err != nil {
			return cluster{}, err
		}
	}
	c := cluster{
		id:         mcs.ClusterID(m.ID),
		namespaces: map[string]bool{},
		services:   map[types.NamespacedName]corev1.Service{},
		exports:    map[types.NamespacedName]mcsv1beta1.ServiceExport{},
		imports:    map[types.NamespacedName]mcsv1beta1.ServiceImport{},
		slices:     slices.Items,
	}
	for _, o := range namespaces.Items {
		c.namespaces[o.Name] = true
	}
	for _, o := range services.Items {
		c.services[client.ObjectKeyFromObject(&o)] = o
	}
	for _, o := range exports.Items {
		c.exports[client.ObjectKeyFromObject(&o)] = o
	}
	for _, o := range imports.Items {
		c.imports[client.ObjectKeyFromObject(&o)] = o
	}
	return c, nil
}

// String counts what is compared.
func (w world) String() string {
	imports, derived, slices, endpoints := 0, 0, 0, 0
	for _, c := range w.clusters {
		imports += len(c.imports)
		for _, o := range c.services {
			if ours(o.Labels) {
				derived++
			}
		}
		for _, o := range c.slices {
			if oursSlice(o) {
				slices++
				endpoints += len(o.Endpoints)
			}
		}
	}
	return fmt.Sprintf("%d imports, %d derived Services and %d slices of %d endpoints", imports, derived, slices, endpoints)
}

// versions are the resourceVersions of all objects that exports are made of, and of all that imports are.
func (w world) versions() (sources, imported map[string]string) {
	sources, imported = map[string]string{}, map[string]string{}
	for _, c := range w.clusters {
		note := func(into map[string]string, kind string, o client.Object) {
			into[fmt.Sprintf("%s: %s %s", c.id, kind, client.ObjectKeyFromObject(o))] = o.GetResourceVersion()
		}
		for _, o := range c.services {
			if ours(o.Labels) {
				note(imported, "Service", &o)
			} else {
				note(sources, "Service", &o)
			}
		}
		for _, o := range c.slices {
			if oursSlice(o) {
				note(imported, "EndpointSlice", &o)
			} else {
				note(sources, "EndpointSlice", &o)
			}
		}
		for _, o := range c.imports {
			note(imported, "ServiceImport", &o)
		}
		for _, o := range c.exports { // spec is a source and status a result: only the first has a generation
			sources[fmt.Sprintf("%s: ServiceExport %s", c.id, client.ObjectKeyFromObject(&o))] = fmt.Sprint(o.UID, o.Generation)
			note(imported, "status of ServiceExport", &o)
		}
	}
	return sources, imported
}

// ours tells what the controller made by its label; EndpointSlices have another.
func ours(labels map[string]string) bool { return labels[mcs.LabelManagedBy] == mcs.ManagedBy }

func oursSlice(o discoveryv1.EndpointSlice) bool {
	return o.Labels[discoveryv1.LabelManagedBy] == mcs.ManagedBy
}
