package export

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// firstPublish notices when this process has brought the hub in line for the first time: every export is there, and nothing else
// is. Only then does it have the hub marked, since from the mark on a missing record counts as a withdrawn one.
type firstPublish struct {
	mu sync.Mutex
	// left are the names not yet settled; nil while there is nothing to wait for.
	left map[types.NamespacedName]struct{}
	// wake holds a signal when something changed that the loop waits for.
	wake chan struct{}
}

// settled notes that the hub says of key what this cluster says.
func (p *firstPublish) settled(key types.NamespacedName) {
	p.mu.Lock()
	delete(p.left, key)
	done := p.left != nil && len(p.left) == 0
	p.mu.Unlock()
	if done {
		p.signal()
	}
}

func (p *firstPublish) begin(keys []types.NamespacedName) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left = make(map[types.NamespacedName]struct{}, len(keys))
	for _, key := range keys {
		p.left[key] = struct{}{}
	}
}

func (p *firstPublish) complete() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.left) == 0
}

// signal wakes the loop, and never waits for it.
func (p *firstPublish) signal() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// wait returns when holds does, which it asks after every signal, or when ctx ends, with its error.
func (p *firstPublish) wait(ctx context.Context, holds func() bool) error {
	for !holds() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.wake:
		}
	}
	return nil
}

// retryMark is how long a mark that could not be set waits.
const retryMark = time.Second

// markWhenPublished has every name looked at that is exported here or has a record on the hub, once the hub has been read in full,
// and marks the hub when all of them are settled. From then on the hub repeats the mark for as long as it is true. It returns when
// that is done, or when ctx ends.
func (r *Reconciler) markWhenPublished(ctx context.Context) error {
	begun := func() bool { return r.Hub.Synced() && r.queue.Load() != nil }
	if r.first.wait(ctx, begun) != nil {
		return nil
	}
	keys, err := r.concerned(ctx)
	if err != nil {
		return err
	}
	r.first.begin(keys)
	r.enqueue(keys)
	if r.first.wait(ctx, r.first.complete) != nil {
		return nil
	}
	for r.Hub.MarkPublished(ctx) != nil { // The hub says on its own why it cannot be written to.
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(retryMark):
		}
	}
	ctrl.LoggerFrom(ctx).Info("everything exported is on the hub", "names", len(keys))
	return nil
}

// concerned returns the keys of this cluster's ServiceExports and of its records on the hub, each once.
func (r *Reconciler) concerned(ctx context.Context) ([]types.NamespacedName, error) {
	var list mcsv1beta1.ServiceExportList
	if err := r.Source.Reader.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing ServiceExports: %w", err)
	}
	keys := make(map[types.NamespacedName]struct{}, len(list.Items))
	for i := range list.Items {
		keys[client.ObjectKeyFromObject(&list.Items[i])] = struct{}{}
	}
	for _, key := range r.Hub.Owned() {
		keys[key] = struct{}{}
	}
	return slices.Collect(maps.Keys(keys)), nil
}
