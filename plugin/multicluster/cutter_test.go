package multicluster

import (
	"context"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// cutter is a way to a server that can be cut and mended. Its address stays.
type cutter struct {
	to string

	mu       sync.Mutex
	listener net.Listener
	open     map[net.Conn]bool
	all      sync.WaitGroup
}

func newCutter(t *testing.T, host string) *cutter {
	t.Helper()
	u, err := url.Parse(host)
	if err != nil {
		t.Fatal(err)
	}
	if u.Host == "" {
		u.Host = host
	}
	c := &cutter{to: u.Host, open: make(map[net.Conn]bool)}
	if c.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	c.all.Go(func() { c.accept(c.listener) })
	t.Cleanup(func() {
		c.cut()
		c.all.Wait()
	})
	return c
}

func (c *cutter) address() string { return c.listener.Addr().String() }

func (c *cutter) accept(l net.Listener) {
	for {
		near, err := l.Accept()
		if err != nil {
			return
		}
		far, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", c.to)
		if err != nil {
			_ = near.Close()
			continue
		}
		c.mu.Lock()
		c.open[near], c.open[far] = true, true
		c.mu.Unlock()
		for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
			c.all.Go(func() {
				_, _ = io.Copy(way[0], way[1]) // ends when either side does
				_, _ = near.Close(), far.Close()
			})
		}
	}
}

func (c *cutter) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.listener.Close()
	for conn := range c.open {
		_ = conn.Close()
	}
	clear(c.open)
}

func (c *cutter) mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, err := net.Listen("tcp", c.listener.Addr().String())
	if err != nil {
		panic(err) // the port was ours a moment ago
	}
	c.listener = l
	c.all.Go(func() { c.accept(l) })
}
