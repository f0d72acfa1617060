package main

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/export"
	"github.com/multicluster-dns/multicluster-dns/controller/importer"
)

// watched are the resources that are read from this cluster, each through one watch that all packages share. The name is the one
// that RBAC has for it.
var watched = []struct {
	name   string
	object client.Object
}{
	{"services", &corev1.Service{}},
	{"endpointslices.discovery.k8s.io", &discoveryv1.EndpointSlice{}},
	{"namespaces", &corev1.Namespace{}},
	{"servicecidrs.networking.k8s.io", &networkingv1.ServiceCIDR{}},
	{"serviceexports." + mcsv1beta1.GroupName, &mcsv1beta1.ServiceExport{}},
	{"serviceimports." + mcsv1beta1.GroupName, &mcsv1beta1.ServiceImport{}},
}

// cacheOptions keeps of each object what is needed, and tells troubles of the watches to t.
func cacheOptions(t *troubles) cache.Options {
	var k known
	return cache.Options{
		DefaultTransform: k.trimmed,
		ByObject: map[client.Object]cache.ByObject{
			&discoveryv1.EndpointSlice{}: {Transform: then(trimSlice, k.trimmed)},
			&corev1.Service{}:            {Transform: then(trimApplied, k.trimmed)},
			&corev1.Namespace{}:          {Transform: then(trimApplied, k.trimmed)},
		},
		DefaultWatchErrorHandler: t.handle,
	}
}

// warm starts the watches, adds the indexes that export and importer ask for, and returns checks of whether each has been read.
func warm(ctx context.Context, c cache.Cache, t *troubles) ([]check, error) {
	for name, values := range map[string]client.IndexerFunc{
		export.SliceIndex: export.IndexSlice, importer.SliceIndex: importer.IndexSlice, importer.StrayIndex: importer.IndexStray,
	} {
		if err := c.IndexField(ctx, &discoveryv1.EndpointSlice{}, name, values); err != nil {
			return nil, fmt.Errorf("indexing EndpointSlices by %s: %w", name, err)
		}
	}
	var checks []check
	for _, w := range watched {
		informer, err := c.GetInformer(ctx, w.object, cache.BlockUntilSynced(false))
		if err != nil {
			return nil, fmt.Errorf("watching %s: %w", w.name, err)
		}
		checks = append(checks, func() string {
			if informer.HasSynced() {
				return ""
			}
			return strings.TrimSuffix("waiting to list "+w.name+": "+t.of(w.object), ": ")
		})
	}
	return checks, nil
}

// troubles are why watches fail at present, by the type of their objects. It says one line when a reason is new, not one for each
// attempt.
type troubles struct {
	log logr.Logger

	mu   sync.Mutex
	last map[string]string
}

func newTroubles(log logr.Logger) *troubles { return &troubles{log: log, last: map[string]string{}} }

// handle is called for each failure of a watch.
func (t *troubles) handle(_ context.Context, r *toolscache.Reflector, err error) {
	switch {
	case apierrors.IsResourceExpired(err), apierrors.IsGone(err):
		return // A watch that has to be begun anew: no trouble.
	}
	reason := err.Error()
	t.mu.Lock()
	changed := t.last[r.TypeDescription()] != reason
	t.last[r.TypeDescription()] = reason
	t.mu.Unlock()
	if changed {
		t.log.Info("watch of this cluster failed, trying again", "type", r.TypeDescription(), "reason", reason)
	}
}

// of returns why the watch of such objects failed last, "" if it never did.
func (t *troubles) of(o client.Object) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last[fmt.Sprintf("%T", o)]
}
