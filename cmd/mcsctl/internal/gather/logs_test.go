package gather

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestLogsOfAPod(t *testing.T) {
	ended := func(name string) corev1.ContainerStatus {
		return corev1.ContainerStatus{Name: name, RestartCount: 1,
			LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 137}}}
	}
	for _, tc := range []struct {
		name       string
		containers []string
		statuses   []corev1.ContainerStatus
		want       []containerLog
	}{
		{"a container in its first run has one", []string{"mcs-controller"}, []corev1.ContainerStatus{{Name: "mcs-controller"}},
			[]containerLog{{file: "pod.log", container: "mcs-controller"}}},
		{"a container that ended and runs again has the former one too", []string{"mcs-controller"}, []corev1.ContainerStatus{ended("mcs-controller")},
			[]containerLog{{file: "pod.log", container: "mcs-controller"}, {file: "pod.previous.log", container: "mcs-controller", previous: true}}},
		{"of several containers each has its own", []string{"coredns", "proxy"}, []corev1.ContainerStatus{ended("proxy"), {Name: "coredns"}},
			[]containerLog{{file: "pod.coredns.log", container: "coredns"}, {file: "pod.proxy.log", container: "proxy"},
				{file: "pod.proxy.previous.log", container: "proxy", previous: true}}},
		{"a pod that no node has taken yet is asked all the same", []string{"coredns"}, nil,
			[]containerLog{{file: "pod.log", container: "coredns"}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			pod := corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "pod"}, Status: corev1.PodStatus{ContainerStatuses: tc.statuses}}
			for _, name := range tc.containers {
				pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Name: name})
			}
			if diff := cmp.Diff(tc.want, logsOf(pod), cmp.AllowUnexported(containerLog{})); diff != "" {
				t.Errorf("logs (-want +got):\n%s", diff)
			}
		})
	}
}
