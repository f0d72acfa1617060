package pods

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

var now = metav1.NewTime(time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC))

// deleted is a pod whose deletion was asked for some time before now, with 30 s of grace.
func deleted(before time.Duration, linger string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Annotations:                map[string]string{LingerAnnotation: linger},
			DeletionGracePeriodSeconds: ptr.To[int64](30),
			DeletionTimestamp:          ptr.To(metav1.NewTime(now.Add(30*time.Second - before))),
		},
		Spec: corev1.PodSpec{NodeName: "east"},
	}
}

func TestDecide(t *testing.T) {
	for _, tc := range []struct {
		name     string
		pod      *corev1.Pod
		want     step
		wantLeft time.Duration
	}{
		{"a new pod is bound", &corev1.Pod{}, stepBind, 0},
		{"one with a scheduling gate waits", &corev1.Pod{Spec: corev1.PodSpec{SchedulingGates: []corev1.PodSchedulingGate{{Name: "gate"}}}}, stepNone, 0},
		{"one of this node runs", &corev1.Pod{Spec: corev1.PodSpec{NodeName: "east"}}, stepRun, 0},
		{"one of another node is somebody else's", &corev1.Pod{Spec: corev1.PodSpec{NodeName: "west"}}, stepNone, 0},
		{"one that has ended stays as it is", &corev1.Pod{Spec: corev1.PodSpec{NodeName: "east"}, Status: corev1.PodStatus{Phase: corev1.PodSucceeded}}, stepNone, 0},
		{"a deleted one goes at once", deleted(0, ""), stepRemove, 0},
		{"a deleted one that was never bound goes too", &corev1.Pod{ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: &now}}, stepRemove, 0},
		{"a deleted one that lingers runs on", deleted(time.Second, "5s"), stepRun, 4 * time.Second},
		{"a deleted one that has lingered goes", deleted(5*time.Second, "5s"), stepRemove, 0},
		{"nobody lingers longer than the grace period", deleted(30*time.Second, "1h"), stepRemove, 0},
		{"an unreadable time to linger is none", deleted(0, "soon"), stepRemove, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, left := decide(tc.pod, "east", now.Time)
			if got != tc.want || left != tc.wantLeft {
				t.Errorf("decide says %v, %v left; want %v, %v", got, left, tc.want, tc.wantLeft)
			}
		})
	}
}

func TestReadinessFollowsTheAnnotationAndTheGates(t *testing.T) {
	gate := corev1.PodSpec{ReadinessGates: []corev1.PodReadinessGate{{ConditionType: "example.org/gate"}}}
	for _, tc := range []struct {
		name                      string
		pod                       corev1.Pod
		wantPod, wantContainersOK corev1.ConditionStatus
	}{
		{"no annotation", corev1.Pod{}, corev1.ConditionTrue, corev1.ConditionTrue},
		{"an annotation that says false", corev1.Pod{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{ReadyAnnotation: "false"}}}, corev1.ConditionFalse, corev1.ConditionFalse},
		{"an annotation that says anything else", corev1.Pod{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{ReadyAnnotation: "no"}}}, corev1.ConditionTrue, corev1.ConditionTrue},
		{"a gate that is not open", corev1.Pod{Spec: gate}, corev1.ConditionFalse, corev1.ConditionTrue},
		{"a gate that is open", corev1.Pod{Spec: gate, Status: corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: "example.org/gate", Status: corev1.ConditionTrue}}}}, corev1.ConditionTrue, corev1.ConditionTrue},
	} {
		t.Run(tc.name, func(t *testing.T) {
			status := runningStatus(&tc.pod, []netip.Addr{netip.MustParseAddr("10.1.0.10")}, []netip.Addr{netip.MustParseAddr("10.95.0.2")}, now)
			got := map[corev1.PodConditionType]corev1.ConditionStatus{}
			for _, c := range status.Conditions {
				got[c.Type] = c.Status
			}
			want := map[corev1.PodConditionType]corev1.ConditionStatus{corev1.PodReady: tc.wantPod, corev1.ContainersReady: tc.wantContainersOK}
			for kind, wantStatus := range want {
				if got[kind] != wantStatus {
					t.Errorf("condition %s is %s, want %s", kind, got[kind], wantStatus)
				}
			}
		})
	}
}

// Otherwise every report would bring the next.
func TestReportingAnUnchangedPodChangesNothing(t *testing.T) {
	addresses := []netip.Addr{netip.MustParseAddr("10.1.0.10"), netip.MustParseAddr("fd10:1::a")}
	nodes := []netip.Addr{netip.MustParseAddr("10.95.0.2"), netip.MustParseAddr("fd10:95::2")}
	pod := &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: "none"}}}}
	pod.Status = runningStatus(pod, addresses, nodes, now)
	again := runningStatus(pod, addresses, nodes, metav1.NewTime(now.Add(time.Hour)))
	if !equality.Semantic.DeepEqual(pod.Status, again) {
		t.Errorf("status (-first +again):\n%s", cmp.Diff(pod.Status, again))
	}
	if pod.Status.PodIPs[1].IP != "fd10:1::a" || pod.Status.HostIPs[1].IP != "fd10:95::2" {
		t.Errorf("the second family is missing: %v, %v", pod.Status.PodIPs, pod.Status.HostIPs)
	}
}

func TestPortsAreListenedOnOnce(t *testing.T) {
	pod := &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{
		{Ports: []corev1.ContainerPort{{ContainerPort: 80}, {ContainerPort: 53, Protocol: corev1.ProtocolUDP}, {ContainerPort: 9, Protocol: corev1.ProtocolSCTP}}},
		{Ports: []corev1.ContainerPort{{ContainerPort: 80, Protocol: corev1.ProtocolTCP}, {ContainerPort: 53}}},
	}}}
	want := []port{{corev1.ProtocolTCP, 80}, {corev1.ProtocolUDP, 53}, {corev1.ProtocolTCP, 53}}
	if diff := cmp.Diff(want, portsOf(pod), cmp.AllowUnexported(port{})); diff != "" {
		t.Errorf("ports (-want +got):\n%s", diff)
	}
}
