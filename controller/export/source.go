package export

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// SliceIndex is the name of the cache index that finds the EndpointSlices of a Service by its name; see [IndexSlice].
const SliceIndex = "service-name"

// IndexSlice returns the value of [SliceIndex] for an EndpointSlice: the Service it belongs to. Imported slices have none, so that
// nothing imported is ever exported again.
func IndexSlice(o client.Object) []string {
	labels := o.GetLabels()
	if service := labels[discoveryv1.LabelServiceName]; service != "" && labels[discoveryv1.LabelManagedBy] != mcs.ManagedBy {
		return []string{service}
	}
	return nil
}

// Source reads this cluster's own exports. Its fields are not changed once it is in use; it may then be used concurrently.
type Source struct {
	// Reader reads the cluster's caches, which have [SliceIndex].
	Reader client.Reader
	// Self is this cluster's id.
	Self mcs.ClusterID
	// Denied are the namespaces nothing is exported from.
	Denied map[string]bool
	// Recorded says what this cluster's record of a name on the hub claims, and when the hub first saw it, as far as there is one.
	Recorded func(types.NamespacedName) (claimed, recorded time.Time, found bool)
	// Grace is for how long an export that went together with its Service is kept, as one without a Service.
	Grace time.Duration
	// Clock measures the grace.
	Clock clock.PassiveClock

	lingering lingering
}

// Export returns this cluster's export of key as it may leave the cluster: nil when key is not exported here, and one with Invalid
// set when it contributes nothing. An export that went together with its Service contributes nothing for the grace, and is gone then. An error means that a read failed, from which nothing follows.
func (s *Source) Export(ctx context.Context, key types.NamespacedName) (*mcs.Export, error) {
	f, err := s.gather(ctx, key)
	if err != nil || !f.exported() {
		return nil, err
	}
	built := s.build(f)
	clean, _, err := mcs.Sanitize(built)
	if err != nil {
		// What cannot leave the cluster is not imported into it either, so that all importers agree.
		clean = unusable(built)
	}
	return &clean, nil
}

// unusable is what remains of an export of which nothing can be used: its place in the order of precedence.
func unusable(e mcs.Export) mcs.Export {
	invalid := e.Invalid
	if invalid == "" {
		invalid = mcs.ReasonUnusable
	}
	return mcs.Export{Cluster: e.Cluster, Key: e.Key, Claimed: e.Claimed, Recorded: e.Recorded, Invalid: invalid}
}

// gather reads the facts about key. What is not found is nil; any other failure ends the turn, because nothing follows from it.
func (s *Source) gather(ctx context.Context, key types.NamespacedName) (facts, error) {
	var f facts
	export, service := &mcsv1beta1.ServiceExport{}, &corev1.Service{}
	switch err := s.Reader.Get(ctx, key, export); {
	case err == nil && export.DeletionTimestamp == nil:
		f.export, f.key, f.claimed = export, key, export.CreationTimestamp.Time
	case client.IgnoreNotFound(err) != nil:
		return f, fmt.Errorf("reading ServiceExport %q: %w", key, err)
	}
	switch err := s.Reader.Get(ctx, key, service); {
	case err == nil:
		f.service = service
	case !apierrors.IsNotFound(err):
		return f, fmt.Errorf("reading Service %q: %w", key, err)
	}
	claimed, recorded, found := s.Recorded(key)
	if found {
		f.recorded = recorded
	}
	if f.export == nil {
		f.lingers = s.lingering.left(key, f.service, found, s.Grace, s.Clock)
		f.key, f.claimed, f.service = key, claimed, nil
		return f, nil
	}
	s.lingering.exported(key, f.export, f.service)
	var list discoveryv1.EndpointSliceList
	// The cached objects themselves, not copies: a service may have thousands of endpoints, and nothing here writes to them.
	err := s.Reader.List(ctx, &list, client.InNamespace(key.Namespace), client.MatchingFields{SliceIndex: key.Name}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return f, fmt.Errorf("listing EndpointSlices of %q: %w", key, err)
	}
	f.slices = list.Items
	return f, nil
}
