package lab

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/pods"
	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/standin"
)

// background is something that runs in this process on behalf of a cluster.
type background struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// begin runs run with a log of its own until it is ended, and returns when it has called ready, or with its error.
func (c *Cluster) begin(ctx context.Context, name string, run func(ctx context.Context, log *slog.Logger, ready func()) error) (*background, error) {
	file, err := c.openLog(name)
	if err != nil {
		return nil, err
	}
	// It outlives the call that begins it.
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	b := &background{cancel: cancel, done: make(chan struct{})}
	told := make(chan error, 2) // one when ready, one at the end, which is often read by nobody
	go func() {
		defer close(b.done)
		defer file.Close()
		told <- run(running, slog.New(slog.NewTextHandler(file, nil)), func() { told <- nil })
	}()
	select {
	case err = <-told:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err != nil {
		b.end()
		return nil, fmt.Errorf("starting the %s of cluster %q: %w", name, c.Name(), err)
	}
	return b, nil
}

// end ends it and returns when it has.
func (b *background) end() {
	if b == nil {
		return
	}
	b.cancel()
	<-b.done
}

// startPods runs the pod actor if it does not, and returns when the node is registered, which a cluster that has lost its data
// no longer knows.
func (c *Cluster) startPods(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	options := pods.Options{Cluster: c.layout.cluster, Nodes: c.layout.cluster.Nodes, Client: c.client}
	if c.lab.isolation.Namespaces() {
		options.Network = c.space
	}
	if c.pods != nil {
		return pods.New(options).Register(ctx)
	}
	var err error
	c.pods, err = c.begin(ctx, "pods", func(ctx context.Context, log *slog.Logger, ready func()) error {
		options.Log = log
		return pods.New(options).Run(ctx, ready)
	})
	return err
}

// startStandIn runs the stand-in for kube-proxy if it does not.
func (c *Cluster) startStandIn(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.standIn != nil {
		return nil
	}
	var err error
	c.standIn, err = c.begin(ctx, "stand-in", func(ctx context.Context, log *slog.Logger, ready func()) error {
		ready()
		return standin.New(c.client, c.space, log).Run(ctx)
	})
	return err
}

// startBackground starts all that belongs to a cluster whose API server answers.
func (c *Cluster) startBackground(ctx context.Context) error {
	if err := c.startPods(ctx); err != nil || c.lab.traffic.kind != trafficStandIn {
		return err
	}
	return c.startStandIn(ctx)
}

// endBackground ends all that runs in this process: nothing listens for the cluster any more.
func (c *Cluster) endBackground() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pods.end()
	c.standIn.end()
	c.pods, c.standIn = nil, nil
}
