package importer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/multicluster-dns/multicluster-dns/controller/internal/notices"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// done is what a turn has come to.
type done struct {
	// serviceImport is the ServiceImport as it is now, nil when there is none of ours.
	serviceImport *mcsv1beta1.ServiceImport
	// trouble says in words what keeps the import from being usable, "" for nothing.
	trouble string
}

// apply writes what differs between what is there and the import. It goes on after an error with what does not depend on it, so that
// one object which cannot be written does not hold up the others.
func (r *Reconciler) apply(ctx context.Context, f *facts, imp mcs.Import) (done, error) {
	if !imp.Exists() {
		return done{}, r.withdraw(ctx, *f)
	}
	families := imp.Serves(f.supported)
	var before []string
	if si := f.ours(); si != nil {
		before = si.Spec.IPs
	}
	plan := planService(f.service, imp, f.key, families, before)
	service := ""
	if plan.holds(f.service) {
		service = mcs.DerivedServiceName(f.key)
	}
	wanted := slicesOf(imp, f.key, service)
	slicesErr := r.gatherNamed(ctx, f, wanted)
	var both sync.WaitGroup // The slices bear the Service's name, which is known before it has its IP.
	if slicesErr == nil {
		slices := planSlices(f.slices, wanted, f.foreign)
		slices.remove = append(slices.remove, f.strays...)
		both.Go(func() { slicesErr = r.applySlices(ctx, f.key, slices) })
	}
	h, serviceErr := r.applyService(ctx, *f, plan)
	both.Wait()
	// The ServiceImport comes last, so that a name which can be resolved can be reached.
	there := f.ours()
	importPlan := planImport(there, imp, f.key, families, h, r.schema.keeps())
	si, importErr := r.applyImport(ctx, *f, importPlan)
	if there == nil && si != nil {
		ctrl.LoggerFrom(ctx).Info("service imported", "type", imp.Type, "clusters", imp.Clusters)
	}
	return done{serviceImport: si, trouble: troubleOf(*f, plan, serviceErr)}, errors.Join(serviceErr, slicesErr, importErr)
}

// withdraw removes all that is ours of an import: first the name, then the way to its endpoints.
func (r *Reconciler) withdraw(ctx context.Context, f facts) error {
	var none mcs.Import
	si := f.ours()
	_, importErr := r.applyImport(ctx, f, planImport(si, none, f.key, nil, holder{}, r.schema.keeps()))
	_, serviceErr := r.applyService(ctx, f, planService(f.service, none, f.key, nil, nil))
	slicesErr := r.applySlices(ctx, f.key, planSlices(f.slices, nil, nil))
	if si != nil && importErr == nil {
		ctrl.LoggerFrom(ctx).Info("service no longer imported")
	}
	return errors.Join(importErr, serviceErr, slicesErr)
}

// troubleOf says what keeps an import from being usable though it is wanted.
func troubleOf(f facts, plan servicePlan, serviceErr error) string {
	switch {
	case plan.foreign:
		return fmt.Sprintf("Service %q, which would hold the IP, exists and is not managed by this controller.", mcs.DerivedServiceName(f.key))
	case len(f.foreign) > 0:
		return fmt.Sprintf("EndpointSlice %q exists and is not managed by this controller.", f.foreign[0])
	case serviceErr != nil && !overtaken(serviceErr):
		return "The Service that holds the IP was not written: " + firstLine(errors.Unwrap(serviceErr).Error())
	}
	return ""
}

// firstLine keeps a message that another program wrote within bounds.
func firstLine(message string) string {
	const most = 256
	line, _, _ := strings.Cut(message, "\n")
	return line[:min(len(line), most)]
}

// tell announces what a person should know of an import, once for as long as it holds.
func (r *Reconciler) tell(f facts, imp mcs.Import, d done) {
	taken, overlap := "", ""
	if f.taken() {
		taken = "The service is exported by other clusters, but this ServiceImport is not managed by this controller and is left as it is."
		if len(f.others) == 0 && f.own == nil {
			taken = ""
		}
	} else if d.trouble != "" {
		taken = d.trouble
	}
	if len(imp.Clusters) > 1 {
		overlap = overlapText(mcs.Overlaps(imp.Slices))
	}
	stale, forgotten := f.staleText(imp), f.forgottenText(imp)
	f.found = subjectOf(f, d)
	r.notifyFresh(f, ReasonNotManaged, taken)
	r.notifyFresh(f, ReasonOverlappingAddress, overlap)
	r.notifyCrowd(f, ReasonMemberStale, stale)
	r.notifyCrowd(f, ReasonMemberForgotten, forgotten)
}

// subjectOf is the ServiceImport that Events are about.
func subjectOf(f facts, d done) *mcsv1beta1.ServiceImport {
	if d.serviceImport != nil {
		return d.serviceImport
	}
	return f.found
}

func (r *Reconciler) notifyFresh(f facts, reason, text string) {
	if r.notices.Fresh(f.key, reason, text) {
		r.notify(f, reason, text)
	}
}

// notifyCrowd does the same for what concerns many imports at once.
func (r *Reconciler) notifyCrowd(f facts, reason, text string) {
	if r.notices.Fresh(f.key, reason, text) && r.crowd.Admits(r.Clock) {
		r.notify(f, reason, text)
	}
}

// notify raises a Warning on the ServiceImport, if there is one to raise it on.
func (r *Reconciler) notify(f facts, reason, text string) {
	if f.found != nil {
		r.Events.Eventf(f.found, nil, corev1.EventTypeWarning, reason, notices.Action("Import", text), "%s", text)
	}
}

// overlapText names the first address that several clusters have, and counts the others.
func overlapText(overlaps []mcs.Overlap) string {
	if len(overlaps) == 0 {
		return ""
	}
	return fmt.Sprintf("%d addresses are endpoints of more than one cluster, such as %s of %v: the clusters' pod networks overlap.",
		len(overlaps), overlaps[0].Address, overlaps[0].Clusters)
}
