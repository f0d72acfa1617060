package hub

import (
	"context"
	"errors"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// runLease renews the own Lease until ctx ends. It is not given back at the end: whoever comes next for this cluster goes on
// with it.
func (h *Hub) runLease(ctx context.Context) {
	last := ""
	for {
		wait := h.config.RenewInterval
		_, err := h.renew(ctx)
		if err != nil {
			wait /= 5
		}
		if ctx.Err() != nil {
			return
		}
		last = h.reportRenewal(err, last)
		select {
		case <-ctx.Done():
			return
		case <-h.clock.After(wait):
		}
	}
}

// reportRenewal logs a change in what keeps the Lease from being renewed. That the hub is away, or this cluster not registered,
// is logged elsewhere.
func (h *Hub) reportRenewal(err error, last string) string {
	text := ""
	if errors.Is(err, ErrRefused) && h.rosters.current().standing == membership.Registered {
		text = err.Error()
	}
	if text != last && text != "" {
		h.log.Info("Own Lease on the hub is not renewed", "reason", text)
	} else if text != last {
		h.log.Info("Own Lease on the hub is renewed")
	}
	return text
}

// renew writes the own Lease once: takes it if it is free, renews it, and states on it whether everything is published: the mark is
// what it says of that then. It returns an error that wraps [ErrRefused] if another cluster holds the id.
func (h *Hub) renew(ctx context.Context) (membership.Mark, error) {
	h.holding.renewing.Lock()
	defer h.holding.renewing.Unlock()
	namespace, err := h.ownNamespace()
	if err != nil {
		return membership.Mark{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	c, _ := h.connection.current()
	var object coordinationv1.Lease
	name := leaseIn(namespace)
	err = c.Get(ctx, name, &object)
	exists := err == nil
	if err != nil && !apierrors.IsNotFound(err) {
		return membership.Mark{}, h.wrap(err, "reading the Lease %q", name)
	}
	if rival := membership.Holder(&object); rival != "" && rival != h.config.UID && !h.mayTakeOver(&object) {
		h.hold(false, rival)
		return membership.Mark{}, h.disputed(rival)
	}
	object.Namespace, object.Name = name.Namespace, name.Name
	mark := h.nextMark(&object)
	renewed(&object, h.config.UID, h.clock.Now(), h.config.RenewInterval)
	setMark(&object, mark)
	if h.config.Missing != nil {
		annotate(&object, membership.AnnotationMissing, membership.FormatMissing(h.config.Missing(ctx)))
	}
	if silences, known := h.rosters.silences(); known {
		annotate(&object, membership.AnnotationSilent, silences.String())
	}
	if exists {
		err = c.Update(ctx, &object)
	} else {
		err = c.Create(ctx, &object)
	}
	if err != nil {
		return membership.Mark{}, h.wrap(err, "renewing the Lease %q", name)
	}
	h.holding.wrote(mark.Sequence, object.ResourceVersion)
	h.hold(true, "")
	return mark, nil
}

// hold takes in whether this cluster holds its id, and tells of a change.
func (h *Hub) hold(held bool, rival string) {
	if h.holding.set(held, rival) {
		h.changedAll()
	}
}

// mayTakeOver reports whether a Lease that another cluster holds has stood still for the forget time.
func (h *Hub) mayTakeOver(object *coordinationv1.Lease) bool {
	kept := readLease(object)
	h.holding.mu.Lock()
	still := h.holding.contest.look(kept.stamp, h.clock.Now(), 2*h.config.RenewInterval+h.config.RenewInterval/2, h.config.Thresholds.Forget)
	h.holding.mu.Unlock()
	if still {
		h.log.Info("Own id was held by another cluster that has been silent, and is taken over", "cluster", h.config.Self, "holder", kept.holder, "own", h.config.UID)
	}
	return still
}
