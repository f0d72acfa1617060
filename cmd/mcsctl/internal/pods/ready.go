package pods

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// Ready reports whether a pod says that it is ready to serve, by its condition Ready (Kubernetes API, Pod "status.conditions"). One that
// says nothing is not.
func Ready(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}
