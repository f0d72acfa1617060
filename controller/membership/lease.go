package membership

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// LeaseName is the name of every member's Lease, each in its owner's hub namespace. One name for all lets a ClusterRole with
// resourceNames grant reading just these, and a watch with a field selector receive just these.
const LeaseName = "mcs-member"

// RenewInterval is how often a member renews its Lease.
const RenewInterval = 15 * time.Second

// Holder is who holds a Lease: of a member's, the UID of the kube-system namespace of the cluster that renews it. It is "" where nobody
// does, and for no Lease.
func Holder(lease *coordinationv1.Lease) string {
	if lease == nil {
		return ""
	}
	return ptr.Deref(lease.Spec.HolderIdentity, "")
}

// Renewed is when a Lease was last renewed, by its holder's clock, and zero where it does not say, and for no Lease.
func Renewed(lease *coordinationv1.Lease) time.Time {
	if lease == nil {
		return time.Time{}
	}
	return ptr.Deref(lease.Spec.RenewTime, metav1.MicroTime{}).Time
}

// AnnotationPublished is set on a member's Lease to a [Mark] when the member has published everything it exports.
const AnnotationPublished = mcs.Domain + "/published"

// Mark is a member's word that it has published in full on one hub. Only where it stands does the absence of a record of that
// member mean that nothing is exported. The zero value is no mark.
type Mark struct {
	// Hub is the UID of the hub's kube-system namespace: a hub rebuilt from nothing has another.
	Hub string
	// Sequence grows with each mark, so that a mark read from a hub that was restored to an older state can be told.
	Sequence int64
}

// String returns the annotation's value.
func (m Mark) String() string { return m.Hub + "/" + strconv.FormatInt(m.Sequence, 10) }

// ParseMark reads the annotation's value. An empty value is no mark and no error.
func ParseMark(value string) (Mark, error) {
	if value == "" {
		return Mark{}, nil
	}
	hub, sequence, found := strings.Cut(value, "/")
	n, err := strconv.ParseInt(sequence, 10, 64)
	if !found || hub == "" || err != nil || n < 1 {
		return Mark{}, fmt.Errorf("parsing published mark %q: it must be <hub uid>/<sequence>", value)
	}
	return Mark{Hub: hub, Sequence: n}, nil
}

// Next returns the mark that follows m on the hub. The sequence starts from the time, in seconds, so that a member which has
// lost its memory still marks higher than it did before the hub was restored; clocks are not compared.
func (m Mark) Next(hub string, now time.Time) Mark {
	return Mark{Hub: hub, Sequence: max(m.Sequence+1, now.Unix())}
}
