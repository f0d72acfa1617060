package hub

import (
	"context"
	"errors"
	"fmt"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// runLease renews the own Lease until ctx ends. It is not given back at the end: whoever comes next for this cluster goes on
// with it.
func (h *Hub) runLease(ctx context.Context) {
	last := ""
	for {
		wait := h.config.RenewInterval
		err := h.renew(ctx)
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

// renew writes the own Lease once: takes it if it is free, renews it, and states on it whether everything is published. It returns
// an error that wraps [ErrRefused] if another cluster holds the id.
func (h *Hub) renew(ctx context.Context) error {
	h.holding.renewing.Lock()
	defer h.holding.renewing.Unlock()
	namespace, err := h.ownNamespace()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	c, _ := h.connection.current()
	var object coordinationv1.Lease
	name := leaseIn(namespace)
	err = c.Get(ctx, name, &object)
	exists := err == nil
	if err != nil && !apierrors.IsNotFound(err) {
		return h.wrap(err, "reading the Lease %q", name)
	}
	if rival := ptr.Deref(object.Spec.HolderIdentity, ""); rival != "" && rival != h.config.UID && !h.mayTakeOver(&object) {
		h.hold(false, rival)
		return h.disputed(rival)
	}
	object.Namespace, object.Name = name.Namespace, name.Name
	mark := h.nextMark(&object)
	renewed(&object, h.config.UID, h.clock.Now(), h.config.RenewInterval)
	setMark(&object, mark)
	if exists {
		err = c.Update(ctx, &object)
	} else {
		err = c.Create(ctx, &object)
	}
	if err != nil {
		return h.wrap(err, "renewing the Lease %q", name)
	}
	h.holding.wrote(mark.Sequence, object.ResourceVersion)
	h.hold(true, "")
	return nil
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

// nextMark returns the mark that follows the one on the Lease as it was just read; the zero Mark is none.
//
// Once the exporter has published everything, each renewal marks anew as long as all that was published is still there: what
// others concluded from an earlier mark does not outlive a hub that lost records. While this cluster does not know what is there
// the mark is left as it is, and so is that of an earlier run on this hub until the exporter has published.
func (h *Hub) nextMark(object *coordinationv1.Lease) membership.Mark {
	now := readLease(object)
	hub, whole := h.provenance.current()
	h.holding.mu.Lock()
	complete, sequence, version := h.holding.complete, h.holding.sequence, h.holding.version
	h.holding.mu.Unlock()
	switch {
	case now.holder != h.config.UID && now.holder != "":
		return membership.Mark{} // a rival's word is not ours
	case !whole:
		return now.mark
	case now.mark.Hub != hub && !complete:
		return membership.Mark{}
	case !complete:
		return now.mark
	case !h.provenance.upToDate(), older(object.ResourceVersion, version):
		return now.mark // the hub may have been restored, and what was published lost
	case h.lostRecord() != nil:
		return membership.Mark{}
	}
	now.mark.Sequence = max(now.mark.Sequence, sequence)
	return now.mark.Next(hub, h.clock.Now())
}

// lostRecord returns an error naming a record that was published and is not on the hub any more.
func (h *Hub) lostRecord() error {
	return h.holding.lost(
		func(name types.NamespacedName) bool { _, found := h.ownServices.get(name); return found },
		func(name types.NamespacedName) bool { _, found := h.ownSlices.get(name); return found },
	)
}

func setMark(object client.Object, mark membership.Mark) {
	annotations := object.GetAnnotations()
	delete(annotations, membership.AnnotationPublished)
	if mark != (membership.Mark{}) {
		if annotations == nil {
			annotations = map[string]string{}
		}
		annotations[membership.AnnotationPublished] = mark.String()
	}
	object.SetAnnotations(annotations)
}

// MarkPublished states that everything this cluster exports is on the hub: from now on what is not there counts as withdrawn. The
// exporter calls it once its first full publish is done. Later renewals repeat the statement as long as it is true.
func (h *Hub) MarkPublished(ctx context.Context) error {
	if _, whole := h.provenance.current(); !whole {
		return fmt.Errorf("marking as published: the hub is not read yet: %w", ErrUnreachable)
	}
	h.holding.mu.Lock()
	h.holding.complete = true
	h.holding.mu.Unlock()
	if err := h.lostRecord(); err != nil {
		return fmt.Errorf("marking as published: %w: %w", err, ErrUnreachable)
	}
	if err := h.renew(ctx); err != nil {
		return fmt.Errorf("marking as published: %w", err)
	}
	return nil
}

// ownNamespace returns this cluster's namespace on the hub.
func (h *Hub) ownNamespace() (string, error) {
	roster := h.rosters.current()
	switch roster.standing {
	case membership.Registered:
		return roster.own.Namespace, nil
	case membership.Unread:
		return "", fmt.Errorf("the registry is not read yet: %w", ErrUnreachable)
	}
	for _, excluded := range roster.excluded {
		if excluded.Profile == string(h.config.Self) {
			return "", fmt.Errorf("cluster %q is not a member, %s: %w", h.config.Self, excluded.Reason, ErrRefused)
		}
	}
	return "", fmt.Errorf("cluster %q is %s: no ClusterProfile in the hub's namespace %q registers it: %w",
		h.config.Self, roster.standing, h.config.ClustersetNamespace, ErrRefused)
}

// disputed returns the error of a cluster whose id another one holds.
func (h *Hub) disputed(rival string) error {
	return fmt.Errorf("cluster id %q is held by the cluster with kube-system UID %q, and this one has %q: %w",
		h.config.Self, rival, h.config.UID, ErrRefused)
}

// wrap says what was being done when a request to the hub failed, and of which kind the failure is.
func (h *Hub) wrap(err error, format string, args ...any) error {
	return fmt.Errorf("%s on the hub: %w: %w", fmt.Sprintf(format, args...), classify(err).sentinel(), err)
}
