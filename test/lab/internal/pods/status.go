package pods

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// ReadyAnnotation set to "false" makes a pod not ready while it goes on running and listening; any other value, and
	// none, makes it ready. It may change at any time.
	ReadyAnnotation = "lab/ready"
	// LingerAnnotation is a Go duration that a deleted pod goes on listening for before it is gone, as one with a long
	// shutdown does. Until then its endpoints are terminating. Not set, or not a duration, means none.
	LingerAnnotation = "lab/linger"
)

// runningStatus is the status of a pod that runs at the given addresses, built upon the one it has: times stay as they
// are where nothing changed, so that an unchanged pod gets an equal status.
func runningStatus(pod *corev1.Pod, addresses, nodes []netip.Addr, now metav1.Time) corev1.PodStatus {
	status := *pod.Status.DeepCopy()
	status.Phase = corev1.PodRunning
	status.Reason, status.Message = "", ""
	if status.StartTime == nil {
		status.StartTime = &now
	}
	status.HostIP, status.HostIPs = nodes[0].String(), nil
	for _, node := range nodes {
		status.HostIPs = append(status.HostIPs, corev1.HostIP{IP: node.String()})
	}
	status.PodIP, status.PodIPs = addresses[0].String(), nil
	for _, address := range addresses {
		status.PodIPs = append(status.PodIPs, corev1.PodIP{IP: address.String()})
	}
	ready := wantsReady(pod)
	for _, c := range []struct {
		kind  corev1.PodConditionType
		holds bool
	}{
		{corev1.PodScheduled, true},
		{corev1.PodInitialized, true},
		{corev1.ContainersReady, ready},
		{corev1.PodReady, ready && gatesOpen(pod)},
	} {
		setCondition(&status, c.kind, c.holds, now)
	}
	status.ContainerStatuses = containerStatuses(pod, ready, *status.StartTime)
	return status
}

func wantsReady(pod *corev1.Pod) bool { return pod.Annotations[ReadyAnnotation] != "false" }

// gatesOpen is whether all conditions that the pod itself asks for are true.
func gatesOpen(pod *corev1.Pod) bool {
	for _, gate := range pod.Spec.ReadinessGates {
		open := slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
			return c.Type == gate.ConditionType && c.Status == corev1.ConditionTrue
		})
		if !open {
			return false
		}
	}
	return true
}

func setCondition(status *corev1.PodStatus, kind corev1.PodConditionType, holds bool, now metav1.Time) {
	want := corev1.ConditionFalse
	if holds {
		want = corev1.ConditionTrue
	}
	i := slices.IndexFunc(status.Conditions, func(c corev1.PodCondition) bool { return c.Type == kind })
	if i < 0 {
		status.Conditions = append(status.Conditions, corev1.PodCondition{Type: kind, Status: want, LastTransitionTime: now})
		return
	}
	if status.Conditions[i].Status != want {
		status.Conditions[i].Status = want
		status.Conditions[i].LastTransitionTime = now
	}
}

func containerStatuses(pod *corev1.Pod, ready bool, started metav1.Time) []corev1.ContainerStatus {
	statuses := make([]corev1.ContainerStatus, 0, len(pod.Spec.Containers))
	running := true
	for _, container := range pod.Spec.Containers {
		statuses = append(statuses, corev1.ContainerStatus{
			Name:    container.Name,
			Image:   container.Image,
			Ready:   ready,
			Started: &running,
			State:   corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: started}},
		})
	}
	return statuses
}
