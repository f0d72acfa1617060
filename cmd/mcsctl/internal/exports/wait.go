package exports

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// look is how often something that is waited for is looked at.
const look = 50 * time.Millisecond

// errNotYet ends a wait whose time is up.
var errNotYet = errors.New("not yet")

// until looks until done says so, fails, or the time is up, which is an errNotYet with what is missing.
func until(ctx context.Context, timeout time.Duration, done func(context.Context) (missing string, err error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errNotYet)
	defer cancel()
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	missing := ""
	for {
		now, err := done(ctx)
		switch {
		case ctx.Err() == nil && err != nil:
			return err
		case ctx.Err() == nil && now == "":
			return nil
		case ctx.Err() == nil:
			missing = now
		}
		select {
		case <-ctx.Done():
			if cause := context.Cause(ctx); !errors.Is(cause, errNotYet) {
				return cause
			}
			return fmt.Errorf("%s after %s: %w", missing, timeout, errNotYet)
		case <-ticker.C:
		}
	}
}

// errNotValid is a ServiceExport that the controller refuses; waiting does not help.
var errNotValid = errors.New("the export is not valid")

// exportReady says what keeps a ServiceExport from being on the hub.
func exportReady(ctx context.Context, c *kube.Cluster, f facts) (missing, conflict string, err error) {
	var export mcsv1beta1.ServiceExport
	switch err := c.Get(ctx, f.key, &export); {
	case apierrors.IsNotFound(err):
		return "no ServiceExport was made", "", nil
	case err != nil:
		return "", "", fmt.Errorf("reading ServiceExport %s of context %q: %w", f.key, f.context, err)
	}
	missing, conflict, err = readiness(export)
	return missing, conflict, err
}

// readiness says what a ServiceExport waits for, "" for nothing, and what it is at odds about.
func readiness(export mcsv1beta1.ServiceExport) (missing, conflict string, err error) {
	valid := meta.FindStatusCondition(export.Status.Conditions, string(mcsv1beta1.ServiceExportConditionValid))
	ready := meta.FindStatusCondition(export.Status.Conditions, string(mcsv1beta1.ServiceExportConditionReady))
	if c := meta.FindStatusCondition(export.Status.Conditions, string(mcsv1beta1.ServiceExportConditionConflict)); c != nil && c.Status == metav1.ConditionTrue {
		conflict = c.Reason + ": " + c.Message
	}
	switch {
	case valid != nil && valid.Status == metav1.ConditionFalse && valid.Reason == string(mcsv1beta1.ServiceExportReasonNoService):
		// The Service was there when the command began: a controller may hear of an export before it hears of the Service.
		return fmt.Sprintf("it is %s: %s", valid.Reason, valid.Message), conflict, nil
	case valid != nil && valid.Status == metav1.ConditionFalse:
		return "", conflict, fmt.Errorf("%w: %s: %s", errNotValid, valid.Reason, valid.Message)
	case ready == nil:
		return "no controller has looked at it", conflict, nil
	case ready.Status != metav1.ConditionTrue:
		return fmt.Sprintf("it is %s: %s", ready.Reason, ready.Message), conflict, nil
	}
	return "", conflict, nil
}

// place is one member that imports, or does not.
type place struct {
	id      mcs.ClusterID
	cluster *kube.Cluster
}

// importState is how far the import is in one member.
type importState int

const (
	waiting importState = iota
	imported
	noNamespace
)

// importedIn says how far the import of a Service from a member is in another.
func importedIn(ctx context.Context, at place, f facts, from mcs.ClusterID) (importState, error) {
	var si mcsv1beta1.ServiceImport
	err := at.cluster.Get(ctx, f.key, &si)
	if apierrors.IsNotFound(err) {
		var namespace corev1.Namespace
		if err := at.cluster.Get(ctx, client.ObjectKey{Name: f.key.Namespace}, &namespace); apierrors.IsNotFound(err) {
			return noNamespace, nil
		}
		return waiting, nil
	}
	if err != nil {
		return waiting, fmt.Errorf("reading ServiceImport %s of context %q: %w", f.key, at.cluster.Context, err)
	}
	usable := si.Spec.Type == mcsv1beta1.Headless || len(si.Spec.IPs) > 0
	if usable && slices.ContainsFunc(si.Status.Clusters, func(c mcsv1beta1.ClusterStatus) bool { return c.Cluster == string(from) }) {
		return imported, nil
	}
	return waiting, nil
}
