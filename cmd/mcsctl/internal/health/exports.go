package health

import (
	"cmp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// States of an export beside the reasons of its conditions.
const (
	// StateReady is an export that has reached the hub, or an import that can be used.
	StateReady = "Ready"
	// StateConflict is an export that another member's disagrees with.
	StateConflict = "Conflict"
	// StateUnseen is an export that no controller has written a condition on.
	StateUnseen = "Unseen"
)

// exportOf says how one ServiceExport is: what is wrong with it first, then what it waits for, then what it is at odds about.
//
//	Valid    Ready    Conflict  state
//	none     none     any       Unseen: no controller has looked at it
//	False    any      any       the reason of Valid
//	other    not True any       the reason of Ready: Pending or Failed
//	other    True     True      Conflict
//	other    True     not True  Ready
func exportOf(member MemberFacts, se mcsv1beta1.ServiceExport) Export {
	e := Export{Cluster: member.ID, Context: member.Context, Namespace: se.Namespace, Name: se.Name, Created: se.CreationTimestamp.Time}
	valid := meta.FindStatusCondition(se.Status.Conditions, string(mcsv1beta1.ServiceExportConditionValid))
	ready := meta.FindStatusCondition(se.Status.Conditions, string(mcsv1beta1.ServiceExportConditionReady))
	conflict := meta.FindStatusCondition(se.Status.Conditions, string(mcsv1beta1.ServiceExportConditionConflict))
	switch {
	case valid == nil && ready == nil:
		e.State, e.Message = StateUnseen, "no controller has looked at it"
	case valid != nil && valid.Status == metav1.ConditionFalse:
		e.State, e.Message = valid.Reason, valid.Message
	case ready == nil:
		e.State, e.Message = string(mcsv1beta1.ServiceExportReasonPending), "it has not been published yet"
	case ready.Status != metav1.ConditionTrue:
		e.State, e.Message = ready.Reason, ready.Message
	case conflict != nil && conflict.Status == metav1.ConditionTrue:
		e.State, e.Message, e.Reasons = StateConflict, conflict.Message, strings.Split(conflict.Reason, ",")
	default:
		e.State, e.Well = StateReady, true
	}
	return e
}

func exportsOf(facts Facts) []Export {
	exports := []Export{}
	for _, member := range facts.Members {
		for _, se := range member.Exports {
			exports = append(exports, exportOf(member, se))
		}
	}
	slices.SortFunc(exports, func(a, b Export) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Cluster, b.Cluster))
	})
	return exports
}
