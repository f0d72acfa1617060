package mcs

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// ImportReadyCondition is the Ready condition of a ServiceImport that can be used.
func ImportReadyCondition(generation int64) metav1.Condition {
	return importCondition(metav1.ConditionTrue, mcsv1beta1.ServiceImportReasonReady, "The service can be used.", generation)
}

// ImportPendingCondition is the Ready condition of a ServiceImport that waits for what the message says.
func ImportPendingCondition(message string, generation int64) metav1.Condition {
	return importCondition(metav1.ConditionFalse, mcsv1beta1.ServiceImportReasonPending, message, generation)
}

// ImportFamilyCondition is the Ready condition of the ServiceImport of imp where [Import.Serves] finds no family that the cluster
// supports (KEP-1645, "Importing Services").
func ImportFamilyCondition(imp Import, supported []corev1.IPFamily, generation int64) metav1.Condition {
	message := fmt.Sprintf("The service has %s, this cluster supports %s.",
		familyList(imp.IPFamilies), familyList(supported))
	return importCondition(metav1.ConditionFalse, mcsv1beta1.ServiceImportReasonIPFamilyNotSupported, message, generation)
}

func familyList(families []corev1.IPFamily) string {
	if len(families) == 0 {
		return "no IP family"
	}
	return familiesText(Export{IPFamilies: families})
}

func importCondition(status metav1.ConditionStatus, reason mcsv1beta1.ServiceImportConditionReason, message string, generation int64,
) metav1.Condition {
	return metav1.Condition{
		Type: string(mcsv1beta1.ServiceImportConditionReady), Status: status, Reason: string(reason), Message: message,
		ObservedGeneration: generation,
	}
}
