package export

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// report is what there is to say on a ServiceExport.
type report struct {
	// own is the export as it was built.
	own mcs.Export
	// outcome is what became of publishing it.
	outcome outcome
	// merged is what all exports of the name amount to; nil while the others' are not known.
	merged *mcs.Import
	// departed is set when this cluster has left the clusterset.
	departed bool
}

// conditions returns what the conditions of a ServiceExport become when r is reported, with those of other controllers kept
// (KEP-1645, "ServiceExport": Valid, Ready and Conflict). LastTransitionTime moves only where a status does.
//
//	export    on the hub  others known  Valid        Ready                Conflict
//	invalid   -           -             False        False/Pending        none
//	valid     yes         yes           True         True                 as merged
//	valid     yes         no            True         True                 unchanged, none at first
//	valid     no          -             True         False, and says why  unchanged, none at first
//	valid     departed    -             True         Unknown/Pending      none
//
// Conflict speaks of what every cluster can see, so that it says the same in all of them. An export that is not on the hub as it is
// here is not seen by the others, nor need what is known of theirs be what they have: what Conflict said last stands, of the state
// that was published last, and a new export has none until Ready no longer says what it waits for.
//
// While the hub has not been read since start, an export that cannot be published but was Ready before stays so: it may well be on
// the hub as it is, and nobody can tell.
func conditions(current []metav1.Condition, generation int64, r report) []metav1.Condition {
	next := slices.Clone(current)
	meta.SetStatusCondition(&next, mcs.ValidCondition(r.own, generation))
	if r.own.Invalid != "" || r.departed {
		meta.RemoveStatusCondition(&next, string(mcsv1beta1.ServiceExportConditionConflict))
	} else if r.merged != nil && r.outcome.stage == published {
		meta.SetStatusCondition(&next, mcs.ConflictCondition(*r.merged, generation))
	}
	if !r.departed && r.merged == nil && r.outcome.stage == pending && readyAlready(current, generation) {
		return next
	}
	meta.SetStatusCondition(&next, readyCondition(r, generation))
	return next
}

func readyAlready(current []metav1.Condition, generation int64) bool {
	ready := meta.FindStatusCondition(current, string(mcsv1beta1.ServiceExportConditionReady))
	return ready != nil && ready.Status == metav1.ConditionTrue && ready.ObservedGeneration == generation
}

func readyCondition(r report, generation int64) metav1.Condition {
	if r.departed {
		return mcs.DepartedCondition(generation)
	}
	switch r.outcome.stage {
	case published:
		if r.own.Invalid == "" {
			return mcs.ExportedCondition(generation)
		}
	case failed:
		return mcs.ExportFailedCondition(r.outcome.detail, generation)
	case pending:
		return mcs.ExportPendingCondition(r.outcome.detail, generation)
	}
	return mcs.ExportPendingCondition("The export is not valid.", generation)
}
