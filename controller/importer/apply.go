package importer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// slicesAtOnce bounds how many EndpointSlices of one import are written at the same time.
const slicesAtOnce = 8

// This file holds every write to imported objects. Updates and deletes carry the uid and resourceVersion they were decided on, so
// that they fail rather than meet another object; creations never overwrite. What is written is a copy: a client decodes the answer
// into what it was given, and that shares memory with the exports.

// applyService writes the derived Service and returns the holder of the import's IP as it is then. If that fails, the holder is
// what the ServiceImport says, so that an IP is not forgotten because a Service could not be made.
func (r *Reconciler) applyService(ctx context.Context, f facts, plan servicePlan) (holder, error) {
	before := holder{name: mcs.DerivedServiceName(f.key)}
	if si := f.ours(); si != nil {
		before.ips = si.Spec.IPs
	}
	made, err := f.service, error(nil)
	switch plan.step {
	case create:
		made, err = r.createService(ctx, f, plan.object)
	case update:
		made = plan.object.DeepCopy()
		err = r.wrote(f.key, made, r.Client.Update(ctx, made))
	case remove:
		made, err = nil, r.deleteExactly(ctx, f.key, plan.there)
	case recreate:
		if err = r.deleteExactly(ctx, f.key, plan.there); err == nil {
			made, err = r.createService(ctx, f, plan.object)
		}
	}
	switch {
	case err != nil:
		return before, fmt.Errorf("writing derived Service %q of %q: %w", before.name, f.key, err)
	case !plan.holds(f.service):
		return holder{}, nil
	}
	return holder{name: made.Name, ips: made.Spec.ClusterIPs}, nil
}

// errNotReleased says that the IPs of before are nobody's and not to be had yet.
var errNotReleased = errors.New("the IPs of before are not released yet")

// releaseTime is how long an API server may take to release the IPs of a Service that was deleted, which it does after it has told
// of the deletion.
const releaseTime = 5 * time.Second

// createService creates the derived Service with the IPs of before, if there are any, and with whichever the cluster gives if
// somebody else has them now, or if they are not to be had for another reason for some time.
func (r *Reconciler) createService(ctx context.Context, f facts, service *corev1.Service) (*corev1.Service, error) {
	asked := service.Spec.ClusterIPs
	service = service.DeepCopy()
	err := r.wrote(f.key, service, r.Client.Create(ctx, service))
	refused := len(asked) > 0 && apierrors.IsInvalid(err)
	left := r.release.Left(f.key, refused, releaseTime, r.Clock)
	if !refused {
		return service, err
	}
	taken, err := r.taken(ctx, asked)
	if err != nil {
		return nil, err
	}
	if !taken && left > 0 {
		return nil, errNotReleased
	}
	service.ResourceVersion, service.UID = "", ""
	service.Spec.ClusterIP, service.Spec.ClusterIPs = "", nil
	if err := r.wrote(f.key, service, r.Client.Create(ctx, service)); err != nil {
		return service, err
	}
	r.release.Left(f.key, false, releaseTime, r.Clock)
	r.notify(f, ReasonIPChanged, fmt.Sprintf("The IPs %v were not to be had any more: the service now has %v.", asked, service.Spec.ClusterIPs))
	return service, nil
}

// taken says whether a Service has one of the IPs.
func (r *Reconciler) taken(ctx context.Context, ips []string) (bool, error) {
	var list corev1.ServiceList
	if err := r.Client.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return false, fmt.Errorf("listing Services for who has %v: %w", ips, err)
	}
	return slices.ContainsFunc(list.Items, func(s corev1.Service) bool {
		return slices.ContainsFunc(s.Spec.ClusterIPs, func(ip string) bool { return slices.Contains(ips, ip) })
	}), nil
}

// applySlices writes the difference of an import's EndpointSlices, a few at a time, and every one of them that can be written.
func (r *Reconciler) applySlices(ctx context.Context, key types.NamespacedName, plan slicePlan) error {
	var group errgroup.Group
	group.SetLimit(slicesAtOnce)
	failed := make([]error, len(plan.create)+len(plan.update)+len(plan.remove))
	next := 0
	each := func(some []*discoveryv1.EndpointSlice, write func(*discoveryv1.EndpointSlice) error) {
		for _, slice := range some {
			slot := &failed[next]
			next++
			group.Go(func() error {
				if err := write(slice); err != nil {
					*slot = fmt.Errorf("writing EndpointSlice %q: %w", client.ObjectKeyFromObject(slice), err)
				}
				return nil
			})
		}
	}
	each(plan.create, func(slice *discoveryv1.EndpointSlice) error {
		made := slice.DeepCopy()
		return r.wrote(key, made, r.Client.Create(ctx, made))
	})
	each(plan.update, func(slice *discoveryv1.EndpointSlice) error {
		made := slice.DeepCopy()
		err := r.wrote(key, made, r.Client.Update(ctx, made))
		if err == nil {
			r.Metrics.propagated(slice, r.Clock.Now())
		}
		return err
	})
	each(plan.remove, func(slice *discoveryv1.EndpointSlice) error { return r.deleteExactly(ctx, key, slice) })
	_ = group.Wait() // Its functions return nothing: failed has it all.
	return errors.Join(failed...)
}

// applyImport writes the ServiceImport and returns it as it is then, nil if it is gone.
func (r *Reconciler) applyImport(ctx context.Context, f facts, plan importPlan) (*mcsv1beta1.ServiceImport, error) {
	switch plan.step {
	case leave:
		return f.ours(), nil
	case remove:
		if err := r.deleteExactly(ctx, f.key, plan.object); err != nil {
			return nil, fmt.Errorf("deleting ServiceImport %q: %w", f.key, err)
		}
		return nil, nil
	}
	made := plan.object.DeepCopy()
	write := func() error { return r.Client.Update(ctx, made) }
	if plan.step == create {
		write = func() error { return r.Client.Create(ctx, made) }
	}
	if err := r.wrote(f.key, made, write()); err != nil {
		return nil, fmt.Errorf("writing ServiceImport %q: %w", f.key, err)
	}
	r.schema.learnSpec(plan.object.Spec, made.Spec)
	return made, nil
}

// applyStatus writes the status of the ServiceImport if it does not say so yet.
func (r *Reconciler) applyStatus(ctx context.Context, si *mcsv1beta1.ServiceImport, status mcsv1beta1.ServiceImportStatus) error {
	keeps := r.schema.keeps()
	if equality.Semantic.DeepEqual(keeps.status(si.Status), keeps.status(status)) {
		return nil
	}
	changed := si.DeepCopy()
	changed.Status = status
	key := client.ObjectKeyFromObject(si)
	err := r.Client.Status().Patch(ctx, changed, client.MergeFromWithOptions(si, client.MergeFromWithOptimisticLock{}))
	if err := r.wrote(key, changed, err); err != nil {
		return fmt.Errorf("writing the status of ServiceImport %q: %w", key, err)
	}
	r.schema.learnStatus(status, changed.Status)
	return nil
}

// deleteExactly deletes the object that was looked at and no other. That it is gone already is as good.
func (r *Reconciler) deleteExactly(ctx context.Context, key types.NamespacedName, o client.Object) error {
	only := client.Preconditions{UID: new(o.GetUID()), ResourceVersion: new(o.GetResourceVersion())}
	if err := client.IgnoreNotFound(r.Client.Delete(ctx, o, only)); err != nil {
		return err
	}
	r.unseen.Deleted(key, o, r.Clock)
	return nil
}

// wrote remembers what a write for an import made of o, unless it ended with err, which it returns.
func (r *Reconciler) wrote(key types.NamespacedName, o client.Object, err error) error {
	if err == nil {
		r.unseen.Wrote(key, o, r.Clock)
	}
	return err
}

// overtaken says whether err only means that the facts had changed meanwhile: a reason to look again, not to complain. A namespace
// on its way out is one, too: its end is an event of its own.
func overtaken(err error) bool {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range joined.Unwrap() {
			if !overtaken(one) {
				return false
			}
		}
		return true
	}
	return errors.Is(err, errNotReleased) || apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) ||
		apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause)
}
