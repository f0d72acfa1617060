package lab

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/pods"
)

// actor is the pod actor of a cluster while it runs.
type actor struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// startActor runs the pod actor if it does not, and returns when the node is registered.
func (c *Cluster) startActor(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.actor != nil {
		return nil
	}
	file, err := c.openLog()
	if err != nil {
		return err
	}
	options := pods.Options{
		Cluster: c.layout.cluster,
		Nodes:   c.layout.cluster.Nodes,
		Client:  c.client,
		Log:     slog.New(slog.NewTextHandler(file, nil)),
	}
	if c.lab.isolation.Namespaces() {
		options.Network = c.space
	}
	// The actor outlives the call that starts it; Stop and Kill end it.
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	started := &actor{cancel: cancel, done: make(chan struct{})}
	registered := make(chan error, 2) // one when registered, one at the end, and nobody reads the second
	go func() {
		defer close(started.done)
		defer file.Close()
		registered <- pods.New(options).Run(running, func() { registered <- nil })
	}()
	select {
	case err = <-registered:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err != nil {
		cancel()
		<-started.done
		return fmt.Errorf("starting the pods of cluster %q: %w", c.Name(), err)
	}
	c.actor = started
	return nil
}

// stopActor stops the pods listening and returns when they do not.
func (c *Cluster) stopActor() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.actor == nil {
		return
	}
	c.actor.cancel()
	<-c.actor.done
	c.actor = nil
}
