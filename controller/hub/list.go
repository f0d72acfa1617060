package hub

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// relist reads everything. The origin is asked for before and after: an empty list of a new hub must not pass for the old one's.
func (f *follower) relist(ctx context.Context, c client.Client) error {
	from, err := f.whence(ctx, c)
	if err != nil {
		return err
	}
	if f.from != (origin{}) && f.from != from {
		f.void()
	}
	f.from = from
	f.life, _ = f.provenance.age()
	stays := map[types.NamespacedName]struct{}{}
	page := f.list()
	for next, more := "", true; more; more = next != "" {
		page = f.list()
		if err := f.readPage(ctx, c, page, next); err != nil {
			return fmt.Errorf("reading %s: %w", f.resource, err)
		}
		if err := meta.EachListItem(page, func(item runtime.Object) error {
			object, ok := item.(client.Object)
			if !ok {
				return fmt.Errorf("taking in a %T: it has no metadata", item)
			}
			stays[client.ObjectKeyFromObject(object)] = struct{}{}
			f.sink.put(trimmed(object))
			return nil
		}); err != nil {
			return fmt.Errorf("reading %s: %w", f.resource, err)
		}
		next = page.GetContinue()
	}
	if now, err := f.whence(ctx, c); err != nil {
		return err
	} else if now != from {
		return fmt.Errorf("reading %s: the hub was exchanged meanwhile", f.resource)
	}
	f.sink.keep(stays)
	f.version = page.GetResourceVersion()
	f.taken() // Who is silent is known before anything is concluded from what was listed.
	if !f.provenance.listed(f.resource, from.hub, f.life) {
		return fmt.Errorf("reading %s: the hub was restored to an older state meanwhile", f.resource)
	}
	f.listed(f.version)
	return nil
}

// whence asks which hub answers.
func (f *follower) whence(ctx context.Context, c client.Client) (origin, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	return f.origin(ctx, c)
}

func (f *follower) readPage(ctx context.Context, c client.Client, page client.ObjectList, next string) error {
	ctx, cancel := context.WithTimeout(ctx, 4*requestTimeout) // a page of large slices is megabytes
	defer cancel()
	return c.List(ctx, page, append(f.options, client.Limit(pageSize), client.Continue(next))...)
}
