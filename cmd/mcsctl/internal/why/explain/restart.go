package explain

import (
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// restartAsked has the DNS server that pods ask begin anew.
func (w *walk) restartAsked() fix {
	return w.restartDNS(w.Importer.DNSPods.Value, "coredns")
}

// restartServing has the DNS server that has the plugin begin anew: the one beside the cluster's own where that sends the zone on.
func (w *walk) restartServing() fix {
	if w.sent {
		return w.restartDNS(w.Importer.BesidePods.Value, "coredns-multicluster")
	}
	return w.restartAsked()
}

// restartDNS restarts what the pods belong to, and a Deployment of the usual name where no pod says that.
func (w *walk) restartDNS(pods []corev1.Pod, usual string) fix {
	kind, name := "deployment", usual
	for i := range pods {
		if k, n := workload(&pods[i]); n != "" {
			kind, name = k, n
			break
		}
	}
	return kubectl(w.Importer.Context, "-n", "kube-system", "rollout", "restart", kind, name)
}

// workload is what a pod belongs to, as kubectl names it: the Deployment of its ReplicaSet, whose name is the Deployment's and the
// template's hash, or a DaemonSet or StatefulSet. It is "" and "" for a pod that nothing of these made.
func workload(pod *corev1.Pod) (kind, name string) {
	owner := metav1.GetControllerOfNoCopy(pod)
	if owner == nil {
		return "", ""
	}
	switch owner.Kind {
	case "DaemonSet", "StatefulSet":
		return strings.ToLower(owner.Kind), owner.Name
	case "ReplicaSet":
		hash := pod.Labels[appsv1.DefaultDeploymentUniqueLabelKey]
		if deployment, found := strings.CutSuffix(owner.Name, "-"+hash); found && hash != "" {
			return "deployment", deployment
		}
	}
	return "", ""
}
