package main

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

// stageNames are the stages of the line that API objects show, in order.
var stageNames = []string{
	"ServiceExport exists in the exporting cluster",
	"its record is on the hub",
	"ServiceImport exists in the importing cluster",
	"ServiceImport has its address",
}

// stage notes when it was first reached for each Service.
type stage struct {
	name string

	mu      sync.Mutex
	reached map[string]time.Time
}

func (s *stage) note(name string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.reached[name]; !known && name != "" {
		s.reached[name] = at
	}
}

// at is when the stage was reached for a Service, waiting for the watch to say so, at most for a time.
func (s *stage) at(name string, patience time.Duration) (time.Time, bool) {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		s.mu.Lock()
		at, ok := s.reached[name]
		s.mu.Unlock()
		if ok {
			return at, true
		}
	}
	return time.Time{}, false
}

// watchStages watches every stage until ctx ends.
func watchStages(ctx context.Context, set *clusterset.Clusterset) ([]*stage, error) {
	exporter, importer := set.Members[0], set.Members[1]
	always := func(*unstructured.Unstructured) bool { return true }
	metadataName := func(o *unstructured.Unstructured) string { return o.GetName() }
	specName := func(o *unstructured.Unstructured) string {
		name, _, _ := unstructured.NestedString(o.Object, "spec", "name")
		return name
	}
	hasIPs := func(o *unstructured.Unstructured) bool {
		ips, _, _ := unstructured.NestedStringSlice(o.Object, "spec", "ips")
		return len(ips) > 0
	}
	sources := []struct {
		config     *rest.Config
		apiVersion string
		kind       string
		name       func(*unstructured.Unstructured) string
		reached    func(*unstructured.Unstructured) bool
	}{
		{exporter.Cluster.Config(), "multicluster.x-k8s.io/v1beta1", "ServiceExport", metadataName, always},
		{set.Hub.Cluster.Config(), "multicluster-dns.github.io/v1alpha1", "ExportedService", specName, always},
		{importer.Cluster.Config(), "multicluster.x-k8s.io/v1beta1", "ServiceImport", metadataName, always},
		{importer.Cluster.Config(), "multicluster.x-k8s.io/v1beta1", "ServiceImport", metadataName, hasIPs},
	}
	var stages []*stage
	for i, source := range sources {
		c, err := client.NewWithWatch(source.config, client.Options{})
		if err != nil {
			return nil, err
		}
		list := &unstructured.UnstructuredList{}
		list.SetAPIVersion(source.apiVersion)
		list.SetKind(source.kind + "List")
		watcher, err := c.Watch(ctx, list)
		if err != nil {
			return nil, err
		}
		s := &stage{name: stageNames[i], reached: map[string]time.Time{}}
		stages = append(stages, s)
		go func() { // ends with ctx, which ends the watch
			for event := range watcher.ResultChan() {
				at := time.Now()
				if object, ok := event.Object.(*unstructured.Unstructured); ok && source.reached(object) {
					s.note(source.name(object), at)
				}
			}
		}()
	}
	return stages, nil
}
