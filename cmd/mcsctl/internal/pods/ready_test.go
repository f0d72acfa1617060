package pods

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestReady(t *testing.T) {
	const spec = "Kubernetes API, Pod status.conditions"
	is := func(kind corev1.PodConditionType, status corev1.ConditionStatus) corev1.PodCondition {
		return corev1.PodCondition{Type: kind, Status: status}
	}
	tests := []struct {
		name       string
		spec       string
		conditions []corev1.PodCondition
		want       bool
	}{
		{"a pod that says nothing is not ready", spec, nil, false},
		{"a pod that says so is ready", spec, []corev1.PodCondition{is(corev1.PodScheduled, corev1.ConditionTrue), is(corev1.PodReady, corev1.ConditionTrue)}, true},
		{"a pod that says it is not, is not", spec, []corev1.PodCondition{is(corev1.PodReady, corev1.ConditionFalse)}, false},
		{"a pod of which it is unknown is not", spec, []corev1.PodCondition{is(corev1.PodReady, corev1.ConditionUnknown)}, false},
		{"containers that are ready make no ready pod: a readiness gate may be shut", spec, []corev1.PodCondition{is(corev1.ContainersReady, corev1.ConditionTrue)}, false},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if got := Ready(&corev1.Pod{Status: corev1.PodStatus{Conditions: tc.conditions}}); got != tc.want {
				t.Errorf("Ready: %v, want %v", got, tc.want)
			}
		})
	}
}
