package lab

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// start brings the control plane up and returns when everything in it works.
func (c *Cluster) start(ctx context.Context) error {
	began := time.Now()
	if err := c.writeFiles(); err != nil {
		return fmt.Errorf("starting cluster %q: %w", c.Name(), err)
	}
	if _, err := c.launch(Etcd); err != nil {
		return err
	}
	// At once: the API server waits for etcd by itself, and most of its start is its own. The others give up on an API
	// server that takes ten seconds, as it may where somebody compiles at the same time.
	if err := c.StartComponent(ctx, APIServer); err != nil {
		return err
	}
	group, rest := errgroup.WithContext(ctx)
	group.Go(func() error { return c.StartComponent(rest, ControllerManager) })
	group.Go(func() error { return c.applyCRDs(rest, c.lab.config.CRDs) })
	group.Go(func() error {
		// The node first: kube-proxy waits for its address.
		if err := c.startBackground(rest); err != nil || c.lab.traffic.kind != trafficKubeProxy {
			return err
		}
		return c.StartComponent(rest, KubeProxy)
	})
	if err := group.Wait(); err != nil {
		return err
	}
	c.lab.report("start "+c.Name(), fmt.Sprintf("api https://%s  dns %s", c.layout.apiserver(), c.DNS()), began)
	return nil
}

// writeFiles writes everything that the components and the users of the cluster read.
func (c *Cluster) writeFiles() error {
	if err := c.keys.write(c.layout.file("tls")); err != nil {
		return err
	}
	inside := c.server(c.layout.apiserver())
	for file, who := range map[string]user{
		c.AdminKubeconfig(): c.admin(),
		c.layout.file(ControllerManager + ".kubeconfig"): {name: controllerManagerUser, pair: c.keys.controllerManager},
		c.layout.file(KubeProxy + ".kubeconfig"):         {name: proxyUser, pair: c.keys.proxy},
	} {
		if err := writeKubeconfig(kubeconfig(inside, who), file); err != nil {
			return err
		}
	}
	if c.api.IsValid() {
		if err := writeKubeconfig(kubeconfig(c.server(c.api), c.admin()), c.OutsideKubeconfig()); err != nil {
			return err
		}
	}
	return c.layout.writeKubeProxyConfiguration()
}

// stop ends everything in the cluster: first what others run in it, asking; then the pods; then the control plane, whose
// data is of no more use, not asking.
func (c *Cluster) stop() {
	c.mu.Lock()
	processes := append([]*Process(nil), c.processes...)
	c.mu.Unlock()
	ctx, cancel := context.WithTimeoutCause(context.Background(), stopTimeout, errors.New("it did not end when asked"))
	defer cancel()
	var group sync.WaitGroup
	for _, process := range processes {
		group.Go(func() {
			_ = process.Stop(ctx) // it is gone in any case
		})
	}
	group.Wait()
	c.Kill()
	if c.space != nil {
		c.space.Close()
	}
}
