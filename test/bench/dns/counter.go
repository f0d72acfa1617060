package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/client-go/tools/clientcmd"
)

// counter stands between a server and the API server and counts what the server reads, TLS included.
type counter struct {
	read   atomic.Int64
	ctx    context.Context
	cancel context.CancelFunc
	group  sync.WaitGroup
	dial   func(context.Context) (net.Conn, error)
}

// startCounter listens until it is closed, and returns a kubeconfig that leads through it.
func (b *bench) startCounter(ctx context.Context) (_ *counter, kubeconfig string, err error) {
	config, err := clientcmd.LoadFromFile(b.cluster.AdminKubeconfig())
	if err != nil {
		return nil, "", fmt.Errorf("reading the kubeconfig: %w", err)
	}
	var listener net.Listener
	err = b.cluster.Do(func() error {
		listener, err = net.Listen("tcp", net.JoinHostPort(b.cluster.Node().String(), "0"))
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("counting bytes read: %w", err)
	}
	for _, cluster := range config.Clusters {
		cluster.Server = "https://" + listener.Addr().String() // the certificate names the address, of which this is one more port
	}
	kubeconfig = filepath.Join(b.dir, "counted.kubeconfig")
	if err := clientcmd.WriteToFile(*config, kubeconfig); err != nil {
		_ = listener.Close()
		return nil, "", fmt.Errorf("counting bytes read: %w", err)
	}
	apiserver := b.cluster.Config().Host
	c := &counter{dial: func(ctx context.Context) (net.Conn, error) {
		return b.cluster.DialContext(ctx, "tcp", strings.TrimPrefix(apiserver, "https://"))
	}}
	c.ctx, c.cancel = context.WithCancel(ctx)
	context.AfterFunc(c.ctx, func() { _ = listener.Close() })
	c.group.Go(func() { c.accept(listener) })
	return c, kubeconfig, nil
}

// close ends every connection and returns when nothing runs any more.
func (c *counter) close() {
	c.cancel()
	c.group.Wait()
}

func (c *counter) accept(listener net.Listener) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return // closed
		}
		c.group.Go(func() { c.forward(client) })
	}
}

// forward passes on in both directions until either end closes. A connection that fails is the server's to make again.
func (c *counter) forward(client net.Conn) {
	defer client.Close()
	upstream, err := c.dial(c.ctx)
	if err != nil {
		return
	}
	defer upstream.Close()
	stop := context.AfterFunc(c.ctx, func() { _ = client.Close(); _ = upstream.Close() })
	defer stop()
	c.group.Go(func() {
		_, _ = io.Copy(upstream, client)
		_ = upstream.Close()
	})
	_, _ = io.Copy(io.MultiWriter(client, (*tallyWriter)(&c.read)), upstream)
}

// tallyWriter counts what is written to it.
type tallyWriter atomic.Int64

func (w *tallyWriter) Write(p []byte) (int, error) {
	(*atomic.Int64)(w).Add(int64(len(p)))
	return len(p), nil
}

// measureBytes starts software behind a counter, waits until all names are right and nothing more comes, and returns what it
// read until then.
func (b *bench) measureBytes(ctx context.Context, software software) (int64, error) {
	c, kubeconfig, err := b.startCounter(ctx)
	if err != nil {
		return 0, err
	}
	defer c.close()
	s, err := b.serve(ctx, software, kubeconfig)
	if err != nil {
		return 0, err
	}
	defer s.stop()
	if _, err := b.untilRight(ctx, s, startPatience); err != nil {
		return 0, err
	}
	const quiet, most = 500 * time.Millisecond, 10
	for range most {
		before := c.read.Load()
		if err := pause(ctx, quiet); err != nil {
			return 0, err
		}
		if c.read.Load() == before {
			break
		}
	}
	return c.read.Load(), nil
}
