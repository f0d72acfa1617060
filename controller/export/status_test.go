package export

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// told puts conditions in words.
func told(conditions []metav1.Condition) map[string]string {
	words := map[string]string{}
	for _, c := range conditions {
		words[c.Type] = fmt.Sprintf("%s/%s@%d", c.Status, c.Reason, c.ObservedGeneration)
	}
	return words
}

func TestConditions(t *testing.T) {
	valid := mcs.Export{Cluster: "a", Key: web}
	invalid := mcs.Export{Cluster: "a", Key: web, Invalid: "NoService"}
	agree := &mcs.Import{Key: web}
	disagree := &mcs.Import{Key: web, Conflicts: []mcs.Conflict{
		{Reason: "PortConflict", Field: "ports", Using: "http 80/TCP", Winner: "b", Disagree: 1, Total: 2},
		{Reason: "TypeConflict", Field: "type", Using: "Headless", Winner: "b", Disagree: 1, Total: 2},
	}}
	ready := []metav1.Condition{{Type: "Ready", Status: metav1.ConditionTrue, Reason: "Exported", ObservedGeneration: 2}}
	conflict := []metav1.Condition{{Type: "Conflict", Status: metav1.ConditionTrue, Reason: "PortConflict", ObservedGeneration: 2}}
	tests := []struct {
		name    string
		spec    string
		current []metav1.Condition
		report  report
		want    map[string]string
	}{
		{name: "a published export", spec: "scenario 1", report: report{own: valid, merged: agree},
			want: map[string]string{"Valid": "True/Valid@2", "Ready": "True/Exported@2", "Conflict": "False/NoConflicts@2"}},
		{name: "an export without Service has no Conflict", spec: "scenario 2", report: report{own: invalid, merged: agree},
			want: map[string]string{"Valid": "False/NoService@2", "Ready": "False/Pending@2"}},
		{name: "an export that loses its Service loses its Conflict", spec: "scenario 3", current: conflict, report: report{own: invalid, merged: agree},
			want: map[string]string{"Valid": "False/NoService@2", "Ready": "False/Pending@2"}},
		{name: "an export in conflict", spec: "contract: reasons joined", report: report{own: valid, merged: disagree},
			want: map[string]string{"Valid": "True/Valid@2", "Ready": "True/Exported@2", "Conflict": "True/PortConflict,TypeConflict@2"}},
		{name: "a new export while the hub is away", spec: "scenario 52", report: report{own: valid, merged: agree, outcome: outcome{stage: pending, detail: "hub unreachable"}},
			want: map[string]string{"Valid": "True/Valid@2", "Ready": "False/Pending@2"}},
		{name: "a changed export while the hub is away", spec: "scenario 52", current: ready,
			report: report{own: valid, merged: agree, outcome: outcome{stage: pending, detail: "hub unreachable"}},
			want:   map[string]string{"Valid": "True/Valid@2", "Ready": "False/Pending@2"}},
		{name: "a Conflict stays while a change is not on the hub, where the others would see it", spec: "contract: Conflict is alike in all clusters", current: conflict,
			report: report{own: valid, merged: agree, outcome: outcome{stage: pending, detail: "hub unreachable"}},
			want:   map[string]string{"Valid": "True/Valid@2", "Ready": "False/Pending@2", "Conflict": "True/PortConflict@2"}},
		{name: "a Conflict that a change resolved goes with the change on the hub", spec: "scenario 30", current: conflict, report: report{own: valid, merged: agree},
			want: map[string]string{"Valid": "True/Valid@2", "Ready": "True/Exported@2", "Conflict": "False/NoConflicts@2"}},
		{name: "an export that was ready before the start stays so until the hub is read", spec: "scenario 52", current: ready,
			report: report{own: valid, outcome: outcome{stage: pending, detail: "hub unreachable"}},
			want:   map[string]string{"Valid": "True/Valid@2", "Ready": "True/Exported@2"}},
		{name: "a Conflict stays until the hub is read", spec: "decision 6", current: conflict,
			report: report{own: valid, outcome: outcome{stage: pending, detail: "hub unreachable"}},
			want:   map[string]string{"Valid": "True/Valid@2", "Ready": "False/Pending@2", "Conflict": "True/PortConflict@2"}},
		{name: "a refused export", spec: "contract", report: report{own: valid, merged: agree, outcome: outcome{stage: failed, detail: "not registered"}},
			want: map[string]string{"Valid": "True/Valid@2", "Ready": "False/Failed@2"}},
		{name: "an export of a cluster that has left", spec: "scenario 49", current: conflict,
			report: report{own: valid, merged: agree, departed: true, outcome: outcome{stage: failed}},
			want:   map[string]string{"Valid": "True/Valid@2", "Ready": "Unknown/Pending@2"}},
		{name: "one that was ready, of a cluster that has left and cannot reach the hub", spec: "scenario 49", current: ready,
			report: report{own: valid, departed: true, outcome: outcome{stage: pending, detail: "hub unreachable"}},
			want:   map[string]string{"Valid": "True/Valid@2", "Ready": "Unknown/Pending@2"}},
		{name: "a condition of another controller stays", spec: "decision 10", current: []metav1.Condition{{Type: "Theirs", Status: metav1.ConditionTrue, Reason: "R"}},
			report: report{own: valid, merged: agree},
			want:   map[string]string{"Theirs": "True/R@0", "Valid": "True/Valid@2", "Ready": "True/Exported@2", "Conflict": "False/NoConflicts@2"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			before := append([]metav1.Condition(nil), tc.current...)
			if diff := cmp.Diff(tc.want, told(conditions(tc.current, 2, tc.report))); diff != "" {
				t.Errorf("%s: conditions (-want +got):\n%s", tc.spec, diff)
			}
			if diff := cmp.Diff(before, tc.current); diff != "" {
				t.Errorf("the cached conditions were written to (-before +after):\n%s", diff)
			}
		})
	}
}

func TestTransitionTimeMovesOnlyWithTheStatus(t *testing.T) {
	long := metav1.NewTime(time.Unix(1, 0))
	current := []metav1.Condition{{Type: "Ready", Status: metav1.ConditionFalse, Reason: "Failed", Message: "other", LastTransitionTime: long}}
	said := report{own: mcs.Export{Key: web}, merged: &mcs.Import{}, outcome: outcome{stage: pending, detail: "hub unreachable"}}
	next := meta.FindStatusCondition(conditions(current, 2, said), "Ready")
	if next.Message != "hub unreachable" || !next.LastTransitionTime.Equal(&long) {
		t.Errorf("scenario 30: another reason: Ready is %+v", next)
	}
	said.outcome = outcome{}
	if next = meta.FindStatusCondition(conditions(current, 2, said), "Ready"); next.LastTransitionTime.Equal(&long) {
		t.Errorf("scenario 30: another status: Ready is %+v", next)
	}
}

func TestAnnouncements(t *testing.T) {
	cond := func(kind, status, reason, message string) metav1.Condition {
		return metav1.Condition{Type: kind, Status: metav1.ConditionStatus(status), Reason: reason, Message: message}
	}
	exported := cond("Ready", "True", "Exported", "done")
	tests := []struct {
		name          string
		before, after []metav1.Condition
		want          []announcement
	}{
		{name: "an export is announced", after: []metav1.Condition{cond("Valid", "True", "Valid", "ok"), exported},
			want: []announcement{{"Normal", "Exported", "done"}}},
		{name: "what was announced is not announced again", before: []metav1.Condition{exported}, after: []metav1.Condition{exported}},
		{name: "a missing Service is announced", after: []metav1.Condition{cond("Valid", "False", "NoService", "gone"), cond("Ready", "False", "Pending", "p")},
			want: []announcement{{"Warning", "NoService", "gone"}}},
		{name: "a hub that is away is not: every export would be", after: []metav1.Condition{cond("Ready", "False", "Pending", "hub unreachable")}},
		{name: "a refusal is announced", after: []metav1.Condition{cond("Ready", "False", "Failed", "not registered")},
			want: []announcement{{"Warning", "Failed", "not registered"}}},
		{name: "a Conflict is announced under one reason, with its message", after: []metav1.Condition{cond("Conflict", "True", "PortConflict,TypeConflict", "who wins")},
			want: []announcement{{"Warning", "Conflict", "who wins"}}},
		{name: "a Conflict that becomes another is announced", before: []metav1.Condition{cond("Conflict", "True", "PortConflict", "one")},
			after: []metav1.Condition{cond("Conflict", "True", "PortConflict", "two")}, want: []announcement{{"Warning", "Conflict", "two"}}},
		{name: "a Conflict that ends is not", before: []metav1.Condition{cond("Conflict", "True", "PortConflict", "one")},
			after: []metav1.Condition{cond("Conflict", "False", "NoConflicts", "none")}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, announcements(tc.before, tc.after), cmp.AllowUnexported(announcement{})); diff != "" {
				t.Errorf("rules: Events (-want +got):\n%s", diff)
			}
		})
	}
}

var errAway = errors.New("away")

func TestOutcomeOf(t *testing.T) {
	r := &Reconciler{Unreachable: func(err error) bool { return errors.Is(err, errAway) }}
	invalid := apierrors.NewInvalid(schema.GroupKind{Kind: "ExportedService"}, "x", nil)
	tests := []struct {
		name string
		err  error
		want outcome
	}{
		{name: "no error is published", want: outcome{stage: published}},
		{name: "a hub that is away leaves it pending", err: fmt.Errorf("publishing: %w", errAway), want: outcome{stage: pending, detail: "hub unreachable"}},
		{name: "a hub that does not answer in time leaves it pending", err: fmt.Errorf("publishing: %w", contextDeadline()), want: outcome{stage: pending, detail: "hub unreachable"}},
		{name: "a refusal fails it", err: errors.New("not registered"), want: outcome{stage: failed, detail: "not registered"}},
		{name: "a refusal by the schema is the export's own", err: invalid, want: outcome{stage: failed, detail: invalid.Error(), unfit: true}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if got := r.outcomeOf(tc.err); got != tc.want {
				t.Errorf("scenario 52: got %+v, want %+v", got, tc.want)
			}
		})
	}
}
