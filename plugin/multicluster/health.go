package multicluster

import (
	"context"
	"errors"
	"sync"

	clog "github.com/coredns/coredns/plugin/pkg/log"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

var log = clog.NewWithPlugin(pluginName)

// trouble is why a resource cannot be read.
type trouble uint8

const (
	untroubled  trouble = iota
	notServed           // the API server does not know the resource: its CRD is missing
	notAllowed          // RBAC forbids it
	unreachable         // anything else, mostly the network
)

func troubleOf(err error) trouble {
	switch {
	case err == nil:
		return untroubled
	case apierrors.IsNotFound(err):
		return notServed
	case apierrors.IsForbidden(err), apierrors.IsUnauthorized(err):
		return notAllowed
	}
	return unreachable
}

// health follows whether one resource can be read, and writes one log line when
// that changes. It is safe for concurrent use.
type health struct {
	resource string

	mu  sync.Mutex
	now trouble
}

// good reports whether the last request went well.
func (h *health) good() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now == untroubled
}

// note takes the result of one request.
func (h *health) note(ctx context.Context, err error) {
	if ctx.Err() != nil || errors.Is(err, context.Canceled) {
		return // we are stopping, or the reflector ended a request of its own
	}
	is := troubleOf(err)
	h.mu.Lock()
	was := h.now
	h.now = is
	h.mu.Unlock()
	if is == was {
		return
	}
	switch is {
	case untroubled:
		log.Infof("Reading %s again", h.resource)
	case notServed:
		log.Warningf("Waiting for the CRD of %s to be installed: %v", h.resource, err)
	case notAllowed:
		log.Warningf("Not allowed to read %s; it takes the verbs list and watch: %v", h.resource, err)
	default:
		log.Warningf("Cannot read %s; what is known is still served: %v", h.resource, err)
	}
}
