package join_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// gate has the new pods of the DNS server's Deployment wait before any node takes them, while old ones run on.
const gate = `{"spec":{"template":{"spec":{"schedulingGates":[{"name":"example.org/held"}]}}}}`

// A member is up when its controller is heard and every pod of both Deployments is new and available: neither one alone, nor what ran before.
func TestAJoinWaitsForTheControllerAndTheDNSServer(t *testing.T) {
	s := newStage(t)
	ctx := t.Context()
	const joins = "join --context west --hub hub --cluster-id " + id + " --wait "
	s.must("hub init --context hub")
	s.must(joins + "0")
	west := uid(t, s.west)
	s.lives(west, -time.Hour) // always later than the join began
	s.must(joins+patience.String(), "blue is up with all its pods")
	s.must(joins+"1ns", "blue is up with all its pods") // whoever does not wait looks once

	dns := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: manifests.CoreDNSNamespace, Name: manifests.CoreDNSDeployment}}
	if err := s.west.Patch(ctx, dns, client.RawPatch(types.StrategicMergePatchType, []byte(gate))); err != nil {
		t.Fatal(err)
	}
	held := s.held()
	s.refused(1, joins+"3s", `"blue" is not up after 3s: Deployment kube-system/coredns-multicluster has `, " is pending; kubectl --context west -n kube-system describe pod coredns-multicluster-",
		"running the same command again waits once more")

	// As a kubelet says it of an image that there is not.
	for i := range held {
		held[i].Status.ContainerStatuses = []corev1.ContainerStatus{{
			Name: "coredns", Image: "coredns-multicluster:dev", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ImagePullBackOff"}},
		}}
		if err := s.west.Status().Update(ctx, &held[i]); err != nil {
			t.Fatal(err)
		}
	}
	s.lives(west, time.Hour)
	s.refused(1, joins+"3s", "it has not given a sign of life on the hub: its pods run; kubectl --context west -n multicluster-dns logs deployment/mcs-controller; and Deployment kube-system/coredns-multicluster has ",
		" waits: ImagePullBackOff (image coredns-multicluster:dev); name one that can be pulled: mcsctl join --cluster-id=blue --context=west --hub=hub --kubeconfig="+s.kubeconfig+" --wait=3s --coredns-image=IMAGE")
	exported := s.exported()
	s.must("leave --context west --hub hub --wait 0", "member    1 of the ServiceExports that stay no longer say that they are exported", "done")
	if err := s.west.Get(ctx, client.ObjectKeyFromObject(exported), exported); err != nil {
		t.Fatalf("an export that a person made: %v", err)
	}
	var says []string
	for _, c := range exported.Status.Conditions {
		says = append(says, fmt.Sprintf("%s=%s", c.Type, c.Status))
	}
	if diff := cmp.Diff([]string{"Valid=True", "Ready=Unknown"}, says); diff != "" {
		t.Errorf("scenario 49: what it says of a cluster that is no member (-want +got):\n%s", diff)
	}
	if err := s.west.Delete(ctx, exported); err != nil {
		t.Fatal(err)
	}
}

// exported makes a ServiceExport as a person does, with the status of one that is exported.
func (s *stage) exported() *mcsv1beta1.ServiceExport {
	s.t.Helper()
	export := &mcsv1beta1.ServiceExport{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "by-hand"}}
	if err := s.west.Create(s.t.Context(), export); err != nil {
		s.t.Fatal(err)
	}
	now := metav1.Now()
	export.Status.Conditions = []metav1.Condition{
		{Type: "Valid", Status: metav1.ConditionTrue, Reason: "Valid", LastTransitionTime: now},
		{Type: "Ready", Status: metav1.ConditionTrue, Reason: "Exported", LastTransitionTime: now},
		{Type: "Conflict", Status: metav1.ConditionFalse, Reason: "NoConflicts", LastTransitionTime: now},
	}
	if err := s.west.Status().Update(s.t.Context(), export); err != nil {
		s.t.Fatal(err)
	}
	return export
}

// held waits for the pods that the gate holds, and returns them.
func (s *stage) held() []corev1.Pod {
	s.t.Helper()
	var held []corev1.Pod
	err := wait.PollUntilContextTimeout(s.t.Context(), 50*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		var pods corev1.PodList
		if err := s.west.List(ctx, &pods, client.InNamespace(manifests.CoreDNSNamespace), client.MatchingLabels{"app.kubernetes.io/name": manifests.CoreDNSDeployment}); err != nil {
			return false, fmt.Errorf("listing pods: %w", err)
		}
		held = nil
		for _, pod := range pods.Items {
			if len(pod.Spec.SchedulingGates) > 0 {
				held = append(held, pod)
			}
		}
		return len(held) == 2, nil
	})
	if err != nil {
		s.t.Fatalf("the Deployment's new pods do not come: %v", err)
	}
	return held
}

// A cluster's only DNS server is not taken away unnoticed.
func TestTheOnlyDNSServerGoesOnlyWhereThatIsSaid(t *testing.T) {
	s := newStage(t)
	address := clusters.lab.Cluster("west").ServiceCIDRs()[0].Addr()
	for range 53 {
		address = address.Next()
	}
	service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: manifests.CoreDNSNamespace, Name: "kube-dns"}}
	const leaves = "leave --context west --hub hub --wait 0"
	s.must("hub init --context hub")
	join := "join --context west --hub hub --cluster-id " + id + " --wait 0 --dns=own --dns-address "
	s.refused(1, join+"192.0.2.10", "dns address", "is not in the valid range")
	if s.credential() != "" {
		t.Error("a join whose DNS address cannot be had wrote something")
	}
	s.must(join + address.String())
	s.refused(1, join+address.Next().String(), "may not change once set", "delete the Service first")

	warning := `the DNS server of context "west" is the one of join --dns=own, at ` + address.String()
	s.refused(1, leaves, warning, "no pod there resolves any name; nothing was removed", "add --own-dns")
	s.refused(1, "leave --context west --force --wait 0", warning)
	if !s.there(s.west, service) || s.credential() == "" {
		t.Error("a leave that was refused removed something")
	}
	s.must(leaves+" --dry-run", warning)
	s.must(leaves+" --own-dns", warning, "next      install a DNS server at "+address.String())
	if s.there(s.west, service) {
		t.Error("the DNS server's Service is there after leaving")
	}
	s.must(leaves, "done")
}
