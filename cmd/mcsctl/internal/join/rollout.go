package join

import (
	"context"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/pods"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/shell"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// rollout says what a Deployment still lacks until all its pods are of its newest template and available, by the fields that
// kubectl rollout status looks at; "" where nothing is lacking. The text follows the Deployment's name.
func rollout(d *appsv1.Deployment) string {
	wanted, is := ptr.Deref(d.Spec.Replicas, 1), d.Status
	switch {
	case is.ObservedGeneration < d.Generation:
		return "has not been looked at by the cluster's own controllers"
	case is.UpdatedReplicas < wanted:
		return fmt.Sprintf("has %d of %d new pods", is.UpdatedReplicas, wanted)
	case is.AvailableReplicas < is.UpdatedReplicas:
		return fmt.Sprintf("has %d of %d pods available", is.AvailableReplicas, wanted)
	case is.Replicas > is.UpdatedReplicas:
		return fmt.Sprintf("has old pods still, %d of %d", is.Replicas-is.UpdatedReplicas, is.Replicas)
	}
	return ""
}

// late says whether a Deployment still lacks something.
func late(d *appsv1.Deployment) bool { return rollout(d) != "" }

// deployments reads what the join had run in the member.
func (j *joining) deployments(ctx context.Context) ([]*appsv1.Deployment, error) {
	var found []*appsv1.Deployment
	for _, object := range j.plan.workloads {
		d, key := &appsv1.Deployment{}, client.ObjectKeyFromObject(object)
		if err := j.parties.member.Get(ctx, key, d); err != nil {
			return nil, fmt.Errorf("reading Deployment %q in context %q: %w", key, j.parties.member.Context, err)
		}
		found = append(found, d)
	}
	return found, nil
}

// whyNot says what keeps a Deployment's pods, as far as it can be seen, and the command to go on with.
func (j *joining) whyNot(ctx context.Context, d *appsv1.Deployment) string {
	kubectl := func(words ...string) string {
		return shell.Line(append([]string{"kubectl", "--context", j.parties.member.Context, "-n", d.Namespace}, words...)...)
	}
	for _, c := range d.Status.Conditions {
		if c.Type == appsv1.DeploymentReplicaFailure && c.Status == corev1.ConditionTrue {
			return fmt.Sprintf("its pods are refused: %s; %s", c.Message, kubectl("describe", "replicasets"))
		}
	}
	var list corev1.PodList
	selector, err := metav1.LabelSelectorAsSelector(d.Spec.Selector)
	if err == nil {
		err = j.parties.member.List(ctx, &list, client.InNamespace(d.Namespace), client.MatchingLabelsSelector{Selector: selector})
	}
	if err != nil {
		return fmt.Sprintf("its pods could not be looked at: %v", err)
	}
	unready := ""
	for i := range list.Items {
		pod := &list.Items[i]
		if pod.DeletionTimestamp != nil {
			continue
		}
		describe := kubectl("describe", "pod", pod.Name)
		if status := waiting(pod); status != nil {
			text := fmt.Sprintf("pod %s waits: %s", pod.Name, status.State.Waiting.Reason)
			switch {
			case strings.Contains(status.State.Waiting.Reason, "Image"):
				return fmt.Sprintf("%s (image %s); name one that can be pulled: %s", text, status.Image, j.again(imageFlag(d)+"=IMAGE"))
			case status.RestartCount > 0:
				return text + "; " + kubectl("logs", pod.Name)
			}
			return text + "; " + describe
		}
		switch {
		case pod.Status.Phase == corev1.PodPending:
			return fmt.Sprintf("pod %s is pending; %s", pod.Name, describe)
		case unready == "" && !pods.Ready(pod):
			unready = fmt.Sprintf("pod %s runs and is not ready; %s", pod.Name, kubectl("logs", pod.Name))
		}
	}
	switch {
	case len(list.Items) == 0:
		return "there are no pods of it; " + kubectl("describe", "deployment", d.Name)
	case unready != "":
		return unready
	}
	return "its pods run; " + kubectl("logs", "deployment/"+d.Name)
}

// waiting is the container of a pod that cannot start; nil where there is none.
func waiting(pod *corev1.Pod) *corev1.ContainerStatus {
	i := slices.IndexFunc(pod.Status.ContainerStatuses, func(s corev1.ContainerStatus) bool { return s.State.Waiting != nil })
	if i < 0 {
		return nil
	}
	return &pod.Status.ContainerStatuses[i]
}

// imageFlag is the flag that names the image of a Deployment of ours.
func imageFlag(d *appsv1.Deployment) string {
	if d.Name == manifests.CoreDNSDeployment {
		return "--coredns-image"
	}
	return "--controller-image"
}

// again is the command as it was typed, but for one flag.
func (j *joining) again(flag string) string {
	name, _, _ := strings.Cut(flag, "=")
	words := slices.DeleteFunc(slices.Clone(j.options.typed), func(word string) bool { return strings.HasPrefix(word, name+"=") })
	return shell.Line(append(words, flag)...)
}
