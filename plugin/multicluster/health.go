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
	case err == nil, apierrors.IsResourceExpired(err), apierrors.IsGone(err):
		return untroubled // an expired version is asked for again, from the beginning
	case apierrors.IsNotFound(err):
		return notServed
	case apierrors.IsForbidden(err), apierrors.IsUnauthorized(err):
		return notAllowed
	}
	return unreachable
}

// verb is how a resource is read.
type verb uint8

const (
	list verb = iota
	watching
	verbCount
)

// health follows whether one resource can be read, and writes one log line when
// that changes. It is safe for concurrent use.
type health struct {
	what string // the resource, and the namespace if it is one

	mu  sync.Mutex
	now [verbCount]trouble
}

// good reports whether both verbs worked when they were used last.
func (h *health) good() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.worst() == untroubled
}

func (h *health) worst() trouble { return max(h.now[list], h.now[watching]) }

// note takes the result of one request. A watch that works means that listing
// did, or was not needed; a list that works says nothing about the right to watch.
func (h *health) note(ctx context.Context, v verb, err error) {
	if ctx.Err() != nil || errors.Is(err, context.Canceled) {
		return // we are stopping, or the reflector ended a request of its own
	}
	h.mu.Lock()
	was := h.worst()
	h.now[v] = troubleOf(err)
	if v == watching && h.now[v] == untroubled {
		h.now[list] = untroubled
	}
	is := h.worst()
	h.mu.Unlock()
	if is == was {
		return
	}
	switch is {
	case untroubled:
		log.Infof("Reading %s again", h.what)
	case notServed:
		log.Warningf("Waiting for the CRD of %s: %v", h.what, err)
	case notAllowed:
		log.Warningf("Not allowed to read %s, which takes the verbs list and watch: %v", h.what, err)
	default:
		log.Warningf("Cannot read %s; what is known is still served: %v", h.what, err)
	}
}
