package pods

import (
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/plan"
)

// newNode is the one node of a cluster. It is in a zone of its own, so that zone hints have something to say.
func newNode(c plan.Cluster) *corev1.Node {
	node := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name: c.Name,
			Labels: map[string]string{
				corev1.LabelHostname:       c.Name,
				corev1.LabelTopologyZone:   c.Name + "-a",
				corev1.LabelTopologyRegion: c.Name,
				corev1.LabelOSStable:       "linux",
			},
		},
	}
	for _, prefix := range c.Pods {
		node.Spec.PodCIDRs = append(node.Spec.PodCIDRs, prefix.String())
	}
	node.Spec.PodCIDR = node.Spec.PodCIDRs[0]
	return node
}

// nodeStatus says that the node is ready and where it is. kube-proxy waits for the address.
func nodeStatus(addresses []netip.Addr, now metav1.Time) corev1.NodeStatus {
	room := corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse("1000"),
		corev1.ResourceMemory: resource.MustParse("1000Gi"),
		corev1.ResourcePods:   resource.MustParse("60000"),
	}
	status := corev1.NodeStatus{
		Capacity:    room,
		Allocatable: room,
		Conditions: []corev1.NodeCondition{{
			Type:               corev1.NodeReady,
			Status:             corev1.ConditionTrue,
			Reason:             "PodActorReady",
			Message:            "the lab's pod actor runs this node's pods",
			LastHeartbeatTime:  now,
			LastTransitionTime: now,
		}},
	}
	for _, address := range addresses {
		status.Addresses = append(status.Addresses, corev1.NodeAddress{Type: corev1.NodeInternalIP, Address: address.String()})
	}
	return status
}
