package main

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// rest is the time between two samples, so that they do not fall into step with anything.
const rest = 70 * time.Millisecond

// idle takes samples while nothing else happens.
func (b *bench) idle(ctx context.Context, f *figures) error {
	if _, err := b.settle(ctx); err != nil {
		return err
	}
	return b.sampleInto(ctx, &f.Idle)
}

// loaded takes samples while the endpoints of other services change.
func (b *bench) loaded(ctx context.Context, f *figures) error {
	loading, stop := context.WithCancel(ctx)
	defer stop()
	var changed atomic.Int64
	group := new(errgroup.Group)
	begun := time.Now()
	group.Go(func() error { return b.load(loading, &changed) })
	err := b.sampleInto(ctx, &f.Loaded)
	f.Load = float64(changed.Load()) / time.Since(begun).Seconds()
	stop()
	return errors.Join(err, group.Wait())
}

func (b *bench) sampleInto(ctx context.Context, into *samples) error {
	for range b.samples {
		s, err := b.take(ctx)
		if err != nil {
			return err
		}
		into.add(s)
		if err := pause(ctx, rest); err != nil {
			return err
		}
	}
	return nil
}

// load changes the endpoints of the data set's services on the hub, one service after the other, until ctx ends. It counts what it has
// changed; where the machine cannot keep up, that is less than the rate.
func (b *bench) load(ctx context.Context, changed *atomic.Int64) error {
	group := new(errgroup.Group)
	group.SetLimit(writers)
	ticker := time.NewTicker(time.Second / time.Duration(b.rate))
	defer ticker.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return group.Wait()
		case <-ticker.C:
		}
		m, e := n%b.size.Members, n/b.size.Members%b.size.Exports
		addresses := b.bulkAddresses(m, e)
		addresses[0] = addressIn(loadBlock, n+1)
		group.Go(func() error {
			err := b.changeRecord(ctx, b.others[m], bulkKey(m, e), addresses...)
			if ctx.Err() != nil {
				return nil
			}
			changed.Add(1)
			return err
		})
	}
}
