package join

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/multicluster-dns/multicluster-dns/manifests"
)

func TestADeploymentIsUpWhenAllItsPodsAreNewAndAvailable(t *testing.T) {
	const spec = "apps/v1, DeploymentStatus; kubectl rollout status"
	for _, tc := range []struct {
		name, spec string
		replicas   *int32
		status     appsv1.DeploymentStatus
		want       string
	}{
		{"all pods are new and available", spec, ptr.To[int32](2), appsv1.DeploymentStatus{ObservedGeneration: 3, Replicas: 2, UpdatedReplicas: 2, AvailableReplicas: 2}, ""},
		{"without a number there is one pod", spec, nil, appsv1.DeploymentStatus{ObservedGeneration: 3, Replicas: 1, UpdatedReplicas: 1, AvailableReplicas: 1}, ""},
		{"a status of before the change says nothing", spec, ptr.To[int32](2), appsv1.DeploymentStatus{ObservedGeneration: 2, Replicas: 2, UpdatedReplicas: 2, AvailableReplicas: 2},
			"has not been looked at by the cluster's own controllers"},
		{"no status at all", spec, ptr.To[int32](2), appsv1.DeploymentStatus{}, "has not been looked at by the cluster's own controllers"},
		{"old pods that are available are no new ones", spec, ptr.To[int32](2), appsv1.DeploymentStatus{ObservedGeneration: 3, Replicas: 3, UpdatedReplicas: 1, AvailableReplicas: 2},
			"has 1 of 2 new pods"},
		{"new pods that are not available", spec, ptr.To[int32](2), appsv1.DeploymentStatus{ObservedGeneration: 3, Replicas: 2, UpdatedReplicas: 2, AvailableReplicas: 0},
			"has 0 of 2 pods available"},
		{"old pods that still end", spec, ptr.To[int32](2), appsv1.DeploymentStatus{ObservedGeneration: 3, Replicas: 3, UpdatedReplicas: 2, AvailableReplicas: 3},
			"has old pods still, 1 of 3"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Generation: 3}, Spec: appsv1.DeploymentSpec{Replicas: tc.replicas}, Status: tc.status}
			if diff := cmp.Diff(tc.want, rollout(d)); diff != "" {
				t.Errorf("what is lacking (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheCommandIsToldAgainWithAnotherImage(t *testing.T) {
	for _, tc := range []struct {
		name, deployment string
		typed            []string
		want             string
	}{
		{"all other flags stay", manifests.CoreDNSDeployment, []string{"mcsctl", "join", "--context=west", "--controller-image=r/c:1"},
			"mcsctl join --context=west --controller-image=r/c:1 --coredns-image=IMAGE"},
		{"the image that was named is replaced", manifests.ControllerDeployment, []string{"mcsctl", "join", "--context=west", "--controller-image=r/c:1", "--hub=east"},
			"mcsctl join --context=west --hub=east --controller-image=IMAGE"},
		{"what a shell would take apart is quoted", manifests.CoreDNSDeployment, []string{"mcsctl", "join", "--context=my west"},
			"mcsctl join '--context=my west' --coredns-image=IMAGE"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			j := &joining{options: &options{typed: tc.typed}}
			d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: tc.deployment}}
			if diff := cmp.Diff(tc.want, j.again(imageFlag(d)+"=IMAGE")); diff != "" {
				t.Errorf("the command (-want +got):\n%s", diff)
			}
		})
	}
}
