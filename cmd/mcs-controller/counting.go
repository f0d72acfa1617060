package main

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
)

// newWrites returns the counter of what was written to this cluster, by kind and operation: each write that the API server took, whether it changed
// anything or not. A cluster in which nothing changes has no writes.
func newWrites() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "mcs_writes_total",
		Help: "Writes to this cluster's API server that succeeded, by kind of object and operation.",
	}, []string{"kind", "op"})
}

// countingClient counts the writes that go through it.
type countingClient struct {
	client.Client
	writes *prometheus.CounterVec
}

// newCountingClient is a client.NewClientFunc for the manager.
func newCountingClient(writes *prometheus.CounterVec) client.NewClientFunc {
	return func(config *rest.Config, o client.Options) (client.Client, error) {
		c, err := client.New(config, o)
		if err != nil {
			return nil, err
		}
		return &countingClient{Client: c, writes: writes}, nil
	}
}

func (c *countingClient) count(o runtime.Object, op string, err error) error {
	if err != nil {
		return err
	}
	kind := "unknown"
	if gvk, err := apiutil.GVKForObject(o, c.Scheme()); err == nil {
		kind = gvk.Kind
	}
	c.writes.WithLabelValues(kind, op).Inc()
	return nil
}

// Create implements [client.Writer].
func (c *countingClient) Create(ctx context.Context, o client.Object, opts ...client.CreateOption) error {
	return c.count(o, "create", c.Client.Create(ctx, o, opts...))
}

// Update implements [client.Writer].
func (c *countingClient) Update(ctx context.Context, o client.Object, opts ...client.UpdateOption) error {
	return c.count(o, "update", c.Client.Update(ctx, o, opts...))
}

// Patch implements [client.Writer].
func (c *countingClient) Patch(ctx context.Context, o client.Object, patch client.Patch, opts ...client.PatchOption) error {
	return c.count(o, "patch", c.Client.Patch(ctx, o, patch, opts...))
}

// Delete implements [client.Writer].
func (c *countingClient) Delete(ctx context.Context, o client.Object, opts ...client.DeleteOption) error {
	return c.count(o, "delete", c.Client.Delete(ctx, o, opts...))
}

// Status implements [client.StatusClient].
func (c *countingClient) Status() client.SubResourceWriter {
	return &countingStatus{SubResourceWriter: c.Client.Status(), client: c}
}

// countingStatus counts status writes.
type countingStatus struct {
	client.SubResourceWriter
	client *countingClient
}

// Patch implements [client.SubResourceWriter].
func (s *countingStatus) Patch(ctx context.Context, o client.Object, patch client.Patch, opts ...client.SubResourcePatchOption) error {
	return s.client.count(o, "status", s.SubResourceWriter.Patch(ctx, o, patch, opts...))
}
