package hub

import (
	"context"
	"fmt"

	coordinationv1 "k8s.io/api/coordination/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

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
	value := ""
	if mark != (membership.Mark{}) {
		value = mark.String()
	}
	annotate(object, membership.AnnotationPublished, value)
}

// annotate sets an annotation, or removes it for the value "".
func annotate(object client.Object, key, value string) {
	annotations := object.GetAnnotations()
	delete(annotations, key)
	if value != "" {
		if annotations == nil {
			annotations = map[string]string{}
		}
		annotations[key] = value
	}
	object.SetAnnotations(annotations)
}

// MarkPublished states that everything this cluster exports is on the hub: from now on what is not there counts as withdrawn. The
// exporter calls it once its first full publish is done. Later renewals repeat the statement as long as it is true. An error means
// that the statement is not on the hub yet, though the next renewal may bring it there.
func (h *Hub) MarkPublished(ctx context.Context) error {
	uid, whole := h.provenance.current()
	if !whole {
		return fmt.Errorf("marking as published: the hub is not read yet: %w", ErrUnreachable)
	}
	h.holding.mu.Lock()
	h.holding.complete = true
	h.holding.mu.Unlock()
	if err := h.lostRecord(); err != nil {
		return fmt.Errorf("marking as published: %w: %w", err, ErrUnreachable)
	}
	switch mark, err := h.renew(ctx); {
	case err != nil:
		return fmt.Errorf("marking as published: %w", err)
	case mark.Hub != uid:
		return fmt.Errorf("marking as published: the hub's changes are not followed yet: %w", ErrUnreachable)
	}
	return nil
}
