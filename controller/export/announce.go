package export

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/internal/notices"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// announcement is one Event, for the ServiceExport and its Service alike.
type announcement struct {
	kind, reason, text string
}

// ReasonConflict is the Event that tells of a Conflict condition: its message names the field, the value that stands, and whose.
const ReasonConflict = "Conflict"

// ReasonNamespaceMissing is the Event that tells of members which do not have the namespace, so that the service is not imported there.
const ReasonNamespaceMissing = "NamespaceMissing"

// missingText says which members lack the namespace of an export; "" for none.
func missingText(namespace string, without []mcs.ClusterID) string {
	if len(without) == 0 {
		return ""
	}
	return fmt.Sprintf("The service is not imported by members without namespace %q: %s.", namespace, notices.Names(without))
}

// announcements returns the Events that a change of conditions calls for, one for each that is worth a person's attention. What has
// not changed was announced before, so a repeated report says nothing, also after a restart.
func announcements(before, after []metav1.Condition) []announcement {
	var made []announcement
	if c := changed(before, after, string(mcsv1beta1.ServiceExportConditionValid)); c != nil && c.Status == metav1.ConditionFalse {
		made = append(made, announcement{corev1.EventTypeWarning, c.Reason, c.Message})
	}
	if c := changed(before, after, string(mcsv1beta1.ServiceExportConditionReady)); c != nil {
		switch {
		case c.Status == metav1.ConditionTrue:
			made = append(made, announcement{corev1.EventTypeNormal, c.Reason, c.Message})
		case c.Reason == string(mcsv1beta1.ServiceExportReasonFailed):
			made = append(made, announcement{corev1.EventTypeWarning, c.Reason, c.Message})
		}
	}
	if c := changed(before, after, string(mcsv1beta1.ServiceExportConditionConflict)); c != nil && c.Status == metav1.ConditionTrue {
		made = append(made, announcement{corev1.EventTypeWarning, ReasonConflict, c.Message})
	}
	return made
}

// changed returns the condition of type kind in after if before says something else, nil otherwise. A new generation alone is no
// change.
func changed(before, after []metav1.Condition, kind string) *metav1.Condition {
	was, is := meta.FindStatusCondition(before, kind), meta.FindStatusCondition(after, kind)
	if is == nil || was != nil && was.Status == is.Status && was.Reason == is.Reason && was.Message == is.Message {
		return nil
	}
	return is
}
