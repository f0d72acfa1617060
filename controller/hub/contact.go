package hub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/go-logr/logr"
)

// contact knows whether the last request to the hub was answered. It sees every request, of any client, as part of the
// transport, and reports each change once.
type contact struct {
	log    logr.Logger
	now    func() time.Time
	notify func() // after each change
	// unauthorized receives a value when the hub does not accept the credentials.
	unauthorized chan struct{}

	mu      sync.Mutex
	known   bool
	ok      bool
	since   time.Time
	changes int           // how often it was found to answer, or not to, when it was otherwise before
	back    chan struct{} // closed at the next recovery; nil if nobody waits
}

// begun returns what [contact.report] is to be given of a request that is about to be sent.
func (c *contact) begun() (changes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changes
}

// recovery returns a channel that is closed when the hub answers again after it has not.
func (c *contact) recovery() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.back == nil {
		c.back = make(chan struct{})
	}
	return c.back
}

// connected reports whether the last request was answered. It is false before the first.
func (c *contact) connected() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ok
}

// lost reports whether the last request was not answered. It is false before the first.
func (c *contact) lost() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known && !c.ok
}

// wrap makes c see the requests that next sends.
func (c *contact) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		begun := c.begun()
		response, err := next.RoundTrip(request)
		switch {
		case err != nil && errors.Is(context.Cause(request.Context()), context.Canceled):
			// We hung up ourselves, which says nothing about the hub.
		case err != nil:
			c.report(begun, err)
		case response.StatusCode == http.StatusUnauthorized:
			c.report(begun, errors.New("the hub does not accept the credentials"))
			select {
			case c.unauthorized <- struct{}{}:
			default:
			}
		case response.StatusCode >= http.StatusInternalServerError:
			c.report(begun, fmt.Errorf("the hub answers %s", response.Status))
		default:
			c.report(begun, nil)
		}
		return response, err
	})
}

// report takes in how a request ended, nil for an answer. Of several that are under way side by side the first to end tells of a
// change: the others were sent before it, and tell of the hub as it was then.
func (c *contact) report(begun int, err error) {
	c.mu.Lock()
	if begun != c.changes {
		c.mu.Unlock()
		return
	}
	ok, now := err == nil, c.now()
	changed, first, lasted := !c.known || c.ok != ok, !c.known, now.Sub(c.since)
	if changed {
		c.known, c.ok, c.since = true, ok, now
		c.changes++
		if ok && c.back != nil {
			close(c.back)
			c.back = nil
		}
	}
	c.mu.Unlock()
	switch {
	case !changed:
		return
	case ok && first:
		c.log.Info("Hub is reachable")
	case ok:
		c.log.Info("Hub is reachable again", "after", lasted.Round(time.Second).String())
	default:
		c.log.Info("Hub is unreachable, imports stay as they are", "reason", err.Error())
	}
	c.notify()
}

// roundTripper is a function that sends a request.
type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip sends the request.
func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }
