package hub

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	hubv1alpha1 "github.com/multicluster-dns/multicluster-dns/controller/hub/api/v1alpha1"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// attempts is how often a write is planned anew because the hub turned out to have something else than was known.
const attempts = 4

// Publish makes the records of an export what e says, and writes nothing that is there already. Its errors wrap
// [ErrUnreachable] or [ErrRefused].
//
// The caller publishes one key at a time; different keys may be published concurrently. e is published as it is: the exporter
// has passed it through [mcs.Sanitize].
func (h *Hub) Publish(ctx context.Context, e mcs.Export) error {
	namespace, err := h.writable(ctx)
	if err != nil {
		return fmt.Errorf("publishing %q: %w", e.Key, err)
	}
	published := recordsOf(namespace, e)
	h.holding.narrow(e.Key, published)
	err = h.settle(ctx, func() []step {
		service, held := h.own(namespace, e.Key)
		return plan(namespace, e, service, held)
	})
	if err != nil {
		return fmt.Errorf("publishing %q: %w", e.Key, err)
	}
	h.holding.expect(e.Key, published)
	return nil
}

// recordsOf returns the names of the records that an export has once it is published.
func recordsOf(namespace string, e mcs.Export) records {
	published := records{service: types.NamespacedName{Namespace: namespace, Name: mcs.RecordName(e.Key)}}
	if e.Invalid != "" {
		return published
	}
	for _, s := range e.Slices {
		published.slices = append(published.slices, types.NamespacedName{Namespace: namespace, Name: mcs.RecordSliceName(e.Key, s.Name)})
	}
	return published
}

// Withdraw removes the records of an export; there being none is no error. Its errors wrap [ErrUnreachable] or [ErrRefused].
func (h *Hub) Withdraw(ctx context.Context, key types.NamespacedName) error {
	namespace, err := h.writable(ctx)
	if err != nil {
		return fmt.Errorf("withdrawing %q: %w", key, err)
	}
	h.holding.release(key)
	err = h.settle(ctx, func() []step {
		service, held := h.own(namespace, key)
		return planWithdrawal(service, types.NamespacedName{Namespace: namespace, Name: mcs.RecordName(key)}, held)
	})
	if err != nil {
		return fmt.Errorf("withdrawing %q: %w", key, err)
	}
	return nil
}

// writable returns the namespace to write to, once this cluster may: it is registered, holds its id, and knows what is there.
func (h *Hub) writable(ctx context.Context) (string, error) {
	namespace, err := h.ownNamespace()
	if err != nil {
		return "", err
	}
	if _, whole := h.provenance.current(); !whole {
		return "", fmt.Errorf("the hub is not read yet: %w", ErrUnreachable)
	}
	if e, found := h.leases.get(leaseIn(namespace)); found && e.record.holder != "" && e.record.holder != h.config.UID {
		return "", h.disputed(e.record.holder)
	}
	switch held, rival := h.holding.state(); {
	case rival != "":
		return "", h.disputed(rival)
	case !held:
		if _, err := h.renew(ctx); err != nil {
			return "", err
		}
	}
	return namespace, nil
}

// own returns the own records of a key as they are on the hub.
func (h *Hub) own(namespace string, key types.NamespacedName) (*entry[serviceRecord], map[types.NamespacedName]entry[sliceRecord]) {
	held := h.ownSlices.members(namespace, key)
	if e, found := h.ownServices.get(types.NamespacedName{Namespace: namespace, Name: mcs.RecordName(key)}); found {
		return &e, held
	}
	return nil, held
}

// settle carries out what is planned. A write that fails because the hub has something else than was known is planned anew.
func (h *Hub) settle(ctx context.Context, plan func() []step) error {
	ctx, cancel := context.WithTimeout(ctx, 2*requestTimeout)
	defer cancel()
	for left := attempts; ; left-- {
		stepped, err := h.carryOut(ctx, plan())
		switch {
		case err == nil:
			return nil
		case left <= 1 || !surprising(stepped, err):
			return h.wrap(err, "writing (%s) the record %q", stepped.operation, client.ObjectKeyFromObject(stepped.object).Name)
		}
		if err := h.look(ctx, stepped.object); err != nil {
			return h.wrap(err, "reading the record %q", client.ObjectKeyFromObject(stepped.object).Name)
		}
	}
}

// surprising reports whether a write failed because the hub's state is another than was known.
func surprising(s step, err error) bool {
	return classify(err) == outdated || s.operation == update && apierrors.IsNotFound(err)
}

// carryOut does the steps up to the first that fails, which it returns.
func (h *Hub) carryOut(ctx context.Context, steps []step) (step, error) {
	for _, s := range steps {
		if err := h.write(ctx, s); err != nil {
			return s, err
		}
	}
	return step{}, nil
}

// write does one step and takes in its effect.
func (h *Hub) write(ctx context.Context, s step) error {
	c, _ := h.connection.current()
	var err error
	switch s.operation {
	case create:
		err = c.Create(ctx, s.object)
	case update:
		err = c.Update(ctx, s.object)
	case remove:
		err = client.IgnoreNotFound(c.Delete(ctx, s.object, client.Preconditions{UID: ptr.To(s.object.GetUID())}))
	}
	if err != nil {
		return err
	}
	h.learn(s.object, s.operation != remove)
	h.metrics.wrote(kindOf(s.object), string(s.operation))
	return nil
}

// look reads one own record from the hub, past what is known of it.
func (h *Hub) look(ctx context.Context, object client.Object) error {
	c, _ := h.connection.current()
	fresh, ok := object.DeepCopyObject().(client.Object)
	if !ok {
		return fmt.Errorf("copying a %T: the copy has no metadata", object)
	}
	err := c.Get(ctx, client.ObjectKeyFromObject(object), fresh)
	if client.IgnoreNotFound(err) != nil {
		return err
	}
	if err == nil {
		h.learn(fresh, true)
		return nil
	}
	h.learn(object, false)
	return nil
}

// learn takes in that an own record is on the hub like this, or is not.
func (h *Hub) learn(object client.Object, exists bool) {
	name := client.ObjectKeyFromObject(object)
	switch object.(type) {
	case *hubv1alpha1.ExportedService:
		h.ownServices.learn(name, object, exists)
	case *hubv1alpha1.ExportedEndpointSlice:
		h.ownSlices.learn(name, object, exists)
	}
}

func kindOf(object client.Object) string {
	if _, service := object.(*hubv1alpha1.ExportedService); service {
		return "ExportedService"
	}
	return "ExportedEndpointSlice"
}
