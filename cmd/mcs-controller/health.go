package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// readiness is what the process still waits for, in the order in which it was said. The zero value is ready. It may be used
// concurrently.
type readiness struct {
	mu     sync.Mutex
	checks []check
}

// check says in words what is being waited for, "" for nothing.
type check func() string

// add adds a check. All of them must have nothing to say for the process to be ready.
func (r *readiness) add(c check) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.checks = append(r.checks, c)
}

// waiting returns what is being waited for.
func (r *readiness) waiting() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var reasons []string
	for _, c := range r.checks {
		if reason := c(); reason != "" {
			reasons = append(reasons, reason)
		}
	}
	return reasons
}

// ServeHTTP answers a readiness probe: 200, or 503 and a line for each thing that is being waited for.
func (r *readiness) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	if reasons := r.waiting(); len(reasons) > 0 {
		http.Error(w, strings.Join(reasons, "\n"), http.StatusServiceUnavailable)
		return
	}
	ok(w, nil)
}

// ok answers a probe. A prober that does not wait for the answer is none of our concern.
func ok(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") }

// serveHealth serves /healthz and /readyz in group until ctx ends. It listens from now on, before anything else is there, so that a
// process which waits can say for what.
func serveHealth(ctx context.Context, group *errgroup.Group, address string, ready *readiness) error {
	if address == "0" || address == "" {
		return nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("serving health on --health-bind-address %q: %w", address, err)
	}
	mux := http.NewServeMux()
	mux.Handle("/readyz", ready)
	mux.HandleFunc("/healthz", ok)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serving health: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		return server.Close()
	})
	return nil
}
