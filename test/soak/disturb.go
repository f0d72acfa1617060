package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

// disturbances break things for a while and repair them, each in a goroutine of its own.
type disturbances struct {
	set   *clusterset.Clusterset
	group *errgroup.Group

	mu   sync.Mutex
	busy map[string]bool // what is broken already
}

func newDisturbances(set *clusterset.Clusterset) *disturbances {
	return &disturbances{set: set, group: new(errgroup.Group), busy: map[string]bool{}}
}

// begin breaks what an operation says, unless that is broken already, and returns whether it does. The repair begins when its time is up.
func (d *disturbances) begin(ctx context.Context, o operation) bool {
	what := string(o.act) + o.member
	if o.act == stopHub {
		what = string(o.act)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy[what] {
		return false
	}
	d.busy[what] = true
	d.group.Go(func() error {
		defer func() {
			d.mu.Lock()
			defer d.mu.Unlock()
			delete(d.busy, what)
		}()
		if err := d.run(ctx, o); err != nil {
			return fmt.Errorf("carrying out %q: %w", o, err)
		}
		return nil
	})
	return true
}

func (d *disturbances) run(ctx context.Context, o operation) error {
	member := d.set.Member(o.member)
	switch o.act {
	case killController:
		member.Controller.Kill()
		pause(ctx, o.lasts)
		// It is not waited for until it is ready: that takes until the hub is back, which may be broken too.
		return member.StartController(ctx)
	case partition:
		if err := member.Cluster.Partition(true); err != nil {
			return err
		}
		pause(ctx, o.lasts)
		return member.Cluster.Partition(false)
	case stopHub:
		hub := d.set.Hub.Cluster
		if err := hub.StopComponent(ctx, lab.APIServer); err != nil {
			return err
		}
		pause(ctx, o.lasts)
		return hub.StartComponent(ctx, lab.APIServer)
	}
	return fmt.Errorf("the disturbance %q is not known", o.act)
}

// heal waits until everything is repaired.
func (d *disturbances) heal() error {
	err := d.group.Wait()
	d.group = new(errgroup.Group)
	return err
}

// pause waits for a time or the end of ctx.
func pause(ctx context.Context, lasts time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(lasts):
	}
}
