package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	hubv1alpha1 "github.com/multicluster-dns/multicluster-dns/controller/hub/api/v1alpha1"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// sights notes when something was first seen on a watch, by a key that says what. It is safe for concurrent use.
type sights struct {
	mu    sync.Mutex
	first map[string]time.Time
	news  chan struct{} // closed and made anew with each first sight
}

func newSights() *sights { return &sights{first: map[string]time.Time{}, news: make(chan struct{})} }

func (s *sights) note(key string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.first[key]; known {
		return
	}
	s.first[key] = at
	close(s.news)
	s.news = make(chan struct{})
}

// patience is how long something that is waited for may take: longer than the whole backlog, which may come first.
const patience = 5 * time.Minute

// at is when something was first seen, waiting until it is.
func (s *sights) at(ctx context.Context, key string) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		s.mu.Lock()
		at, seen := s.first[key]
		news := s.news
		s.mu.Unlock()
		if seen {
			return at, nil
		}
		select {
		case <-ctx.Done():
			return time.Time{}, fmt.Errorf("waiting to see %q: %w", key, ctx.Err())
		case <-news:
		}
	}
}

// The keys. Those of records name the member's namespace on the hub.

func recordSeen(namespace, service string) string { return "record " + namespace + " " + service }

func recordSliceSeen(namespace, service, address string) string {
	return "slice record " + namespace + " " + service + " " + address
}

func importSeen(service string) string { return "import " + service }

func sliceSeen(service, cluster, address string) string {
	return "slice " + service + " " + cluster + " " + address
}

// watch begins to watch the records of the real member and of the one the samples come from, and the member's imports of the samples.
// It ends with ctx.
func (b *bench) watch(ctx context.Context) error {
	b.sights = newSights()
	own := membership.HubNamespace(realID)
	for _, w := range []struct {
		client    client.WithWatch
		list      client.ObjectList
		namespace string
	}{
		{b.hub, &hubv1alpha1.ExportedServiceList{}, own},
		{b.hub, &hubv1alpha1.ExportedEndpointSliceList{}, own},
		{b.hub, &hubv1alpha1.ExportedServiceList{}, b.far().namespace},
		{b.hub, &hubv1alpha1.ExportedEndpointSliceList{}, b.far().namespace},
		{b.local, &mcsv1beta1.ServiceImportList{}, probeNamespace},
		{b.local, &discoveryv1.EndpointSliceList{}, probeNamespace},
	} {
		watcher, err := w.client.Watch(ctx, w.list, client.InNamespace(w.namespace))
		if err != nil {
			return fmt.Errorf("watching %T in %q: %w", w.list, w.namespace, err)
		}
		go func() { // ends with ctx, which ends the watch
			for event := range watcher.ResultChan() {
				at := time.Now()
				for _, key := range keysOf(event.Object) {
					b.sights.note(key, at)
				}
			}
		}()
	}
	return nil
}

// keysOf are the keys of what an object shows.
func keysOf(object any) []string {
	var keys []string
	switch o := object.(type) {
	case *hubv1alpha1.ExportedService:
		keys = append(keys, recordSeen(o.Namespace, o.Spec.Name))
	case *hubv1alpha1.ExportedEndpointSlice:
		for _, e := range o.Spec.Endpoints {
			keys = append(keys, recordSliceSeen(o.Namespace, o.Spec.Name, e.Addresses[0]))
		}
	case *mcsv1beta1.ServiceImport:
		if len(o.Spec.IPs) > 0 {
			keys = append(keys, importSeen(o.Name))
		}
	case *discoveryv1.EndpointSlice:
		cluster := o.Labels[mcsv1beta1.LabelSourceCluster]
		if cluster == "" {
			return nil // the member's own
		}
		for _, e := range o.Endpoints {
			keys = append(keys, sliceSeen(o.Labels[mcsv1beta1.LabelServiceName], cluster, e.Addresses[0]))
		}
	}
	return keys
}
