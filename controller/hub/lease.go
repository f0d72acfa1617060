package hub

import (
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// lease is a member's Lease as it is kept.
type lease struct {
	holder string // UID of the kube-system namespace of the cluster that renews it
	stamp  string // differs after each renewal
	// renewed is when that was, by its holder's clock; zero if it does not say.
	renewed time.Time
	mark    membership.Mark
	// missing are the namespaces that its holder lacks and others export from, sorted.
	missing []string
	silent  string // the silences that its holder has witnessed, as written
}

// leaseIn names the Lease of a hub namespace.
func leaseIn(namespace string) types.NamespacedName {
	return types.NamespacedName{Namespace: namespace, Name: membership.LeaseName}
}

// readLease converts a Lease. A mark that cannot be read is no mark: it proves nothing.
func readLease(object *coordinationv1.Lease) lease {
	kept := lease{holder: membership.Holder(object), silent: object.Annotations[membership.AnnotationSilent]}
	kept.missing = membership.ParseMissing(object.Annotations[membership.AnnotationMissing])
	if renewed := object.Spec.RenewTime; renewed != nil {
		kept.stamp, kept.renewed = kept.holder+" "+renewed.UTC().Format(time.RFC3339Nano), renewed.Time
	}
	if mark, err := membership.ParseMark(object.Annotations[membership.AnnotationPublished]); err == nil {
		kept.mark = mark
	}
	return kept
}

// renewed changes a Lease to one that is held by this cluster from now on.
func renewed(object *coordinationv1.Lease, holder string, now time.Time, interval time.Duration) {
	if membership.Holder(object) != holder {
		object.Spec.HolderIdentity = &holder
		object.Spec.AcquireTime = ptr.To(metav1.NewMicroTime(now))
	}
	object.Spec.RenewTime = ptr.To(metav1.NewMicroTime(now))
	object.Spec.LeaseDurationSeconds = ptr.To(int32(max(4*interval, time.Second) / time.Second))
}
