package mcs

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// Reasons of our own for the Valid condition of a ServiceExport, which the API allows beside its own two ("Controllers may raise
// this condition with other reasons").
const (
	// ReasonNamespaceNotAllowed says that Services of the namespace are not to be exported: it is one of the system's.
	ReasonNamespaceNotAllowed = "NamespaceNotAllowed"
	// ReasonDerivedService says that the Service is itself the result of an import; exporting it would import it again.
	ReasonDerivedService = "DerivedService"
	// ReasonNameTooLong says that a name of the service would be longer than DNS allows: see [CheckNameLength].
	ReasonNameTooLong = "NameTooLong"
	// ReasonNoIPFamily says that the Service has neither IPv4 nor IPv6 addresses.
	ReasonNoIPFamily = "NoIPFamily"
	// ReasonUnusable says that other members could use nothing of the Service as it is: see [Sanitize].
	ReasonUnusable = "Unusable"
)

// ValidCondition is the Valid condition of the ServiceExport of e at a generation. Like every condition of this package it has no
// LastTransitionTime: whoever writes it uses meta.SetStatusCondition, which moves the time only when the status changes.
func ValidCondition(e Export, generation int64) metav1.Condition {
	condition := exportCondition(mcsv1beta1.ServiceExportConditionValid, metav1.ConditionTrue,
		mcsv1beta1.ServiceExportReasonValid, fmt.Sprintf("Service %q can be exported.", e.Key), generation)
	if e.Invalid != "" {
		condition.Status = metav1.ConditionFalse
		condition.Reason = e.Invalid
		condition.Message = invalidMessage(e)
	}
	return condition
}

func invalidMessage(e Export) string {
	switch e.Invalid {
	case string(mcsv1beta1.ServiceExportReasonNoService):
		return fmt.Sprintf("Service %q does not exist.", e.Key)
	case string(mcsv1beta1.ServiceExportReasonInvalidServiceType):
		return fmt.Sprintf("Service %q is of type ExternalName, which cannot be exported.", e.Key)
	case ReasonNamespaceNotAllowed:
		return fmt.Sprintf("Services of namespace %q are not exported.", e.Key.Namespace)
	case ReasonDerivedService:
		return fmt.Sprintf("Service %q is itself the result of an import.", e.Key)
	case ReasonNameTooLong:
		return fmt.Sprintf("A name of the service, such as %q, would have more than %d characters.",
			"<hostname>."+serviceName(e.Cluster, e.Key), maxNameLength)
	case ReasonNoIPFamily:
		return fmt.Sprintf("Service %q has neither IPv4 nor IPv6 among its IP families.", e.Key)
	case ReasonUnusable:
		return fmt.Sprintf("Other members could use nothing of Service %q as it is.", e.Key)
	}
	return fmt.Sprintf("Service %q cannot be exported: %s.", e.Key, e.Invalid)
}

// ConflictCondition is the Conflict condition of every ServiceExport that has a part in imp. A ServiceExport that is not valid has
// none. Reasons and messages are in the order of the reasons (KEP-1645, "Constraints and Conflict Resolution"; several reasons are joined by
// commas, as the API asks).
func ConflictCondition(imp Import, generation int64) metav1.Condition {
	if len(imp.Conflicts) == 0 {
		return exportCondition(mcsv1beta1.ServiceExportConditionConflict, metav1.ConditionFalse,
			mcsv1beta1.ServiceExportReasonNoConflicts, "All exports of the service agree.", generation)
	}
	reasons := make([]string, len(imp.Conflicts))
	messages := make([]string, len(imp.Conflicts))
	for i, c := range imp.Conflicts {
		reasons[i], messages[i] = string(c.Reason), c.Message()
	}
	return exportCondition(mcsv1beta1.ServiceExportConditionConflict, metav1.ConditionTrue,
		mcsv1beta1.ServiceExportConditionReason(strings.Join(reasons, ",")), strings.Join(messages, " "), generation)
}

// ExportedCondition is the Ready condition of a ServiceExport whose present state is on the hub.
func ExportedCondition(generation int64) metav1.Condition {
	return exportCondition(mcsv1beta1.ServiceExportConditionReady, metav1.ConditionTrue,
		mcsv1beta1.ServiceExportReasonExported, "The service is exported to the clusterset.", generation)
}

// ExportPendingCondition is the Ready condition of a ServiceExport that waits for what the message says, such as "hub unreachable".
func ExportPendingCondition(message string, generation int64) metav1.Condition {
	return exportCondition(mcsv1beta1.ServiceExportConditionReady, metav1.ConditionFalse,
		mcsv1beta1.ServiceExportReasonPending, message, generation)
}

// ExportFailedCondition is the Ready condition of a ServiceExport that the hub refuses for the reason the message gives.
func ExportFailedCondition(message string, generation int64) metav1.Condition {
	return exportCondition(mcsv1beta1.ServiceExportConditionReady, metav1.ConditionFalse,
		mcsv1beta1.ServiceExportReasonFailed, message, generation)
}

// DepartedCondition is the Ready condition of a ServiceExport whose cluster is no member of the clusterset; it then has no Conflict.
func DepartedCondition(generation int64) metav1.Condition {
	return exportCondition(mcsv1beta1.ServiceExportConditionReady, metav1.ConditionUnknown,
		mcsv1beta1.ServiceExportReasonPending, "This cluster is not a member of the clusterset.", generation)
}

func exportCondition(kind mcsv1beta1.ServiceExportConditionType, status metav1.ConditionStatus,
	reason mcsv1beta1.ServiceExportConditionReason, message string, generation int64,
) metav1.Condition {
	return metav1.Condition{
		Type: string(kind), Status: status, Reason: string(reason), Message: message, ObservedGeneration: generation,
	}
}
