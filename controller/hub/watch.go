package hub

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// watch takes in changes until the hub ends the watch, which it does after some minutes.
func (f *follower) watch(ctx context.Context, c client.WithWatch) error {
	seconds := int64(300 + rand.N(300))
	w, err := c.Watch(ctx, f.list(), append(f.options, &client.ListOptions{Raw: &metav1.ListOptions{
		ResourceVersion: f.version, AllowWatchBookmarks: true, TimeoutSeconds: &seconds,
	}})...)
	if err != nil {
		if expired(err) {
			return errStartOver
		}
		return fmt.Errorf("watching %s: %w", f.resource, err)
	}
	defer w.Stop()
	f.provenance.watched(f.resource, true)
	defer f.provenance.watched(f.resource, false)
	events := w.ResultChan()
	for event := range events {
		batch := []watch.Event{event}
		if event.Type == watch.Deleted {
			batch = f.gather(batch, events)
			// The objects of a CRD that is being deleted vanish one by one, and none of them was withdrawn.
			if now, err := f.whence(ctx, c); err != nil {
				return err
			} else if now != f.from {
				f.void()
				return nil
			}
		}
		for _, event := range batch {
			if err := f.take(event); err != nil {
				return err
			}
		}
	}
	return nil
}

// gather returns batch with the events that follow it at once. A deletion costs a question to the hub, and many one question.
func (f *follower) gather(batch []watch.Event, events <-chan watch.Event) []watch.Event {
	const most = 1000
	end := f.clock.After(5 * time.Millisecond)
	for len(batch) < most {
		select {
		case event, more := <-events:
			if !more {
				return batch
			}
			batch = append(batch, event)
		case <-end:
			return batch
		}
	}
	return batch
}

// take takes in one event of a watch.
func (f *follower) take(event watch.Event) error {
	if event.Type == watch.Error {
		err := apierrors.FromObject(event.Object)
		if expired(err) {
			return errStartOver
		}
		return fmt.Errorf("watching %s: %w", f.resource, err)
	}
	object, ok := event.Object.(client.Object)
	if !ok {
		return fmt.Errorf("watching %s: the hub sent a %T", f.resource, event.Object)
	}
	switch event.Type {
	case watch.Added, watch.Modified:
		f.sink.put(trimmed(object))
	case watch.Deleted:
		f.sink.remove(client.ObjectKeyFromObject(object))
	}
	f.version = object.GetResourceVersion()
	return nil
}
