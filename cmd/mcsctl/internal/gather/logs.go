package gather

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// How much of one log is taken: its last lines, and no more bytes of them than this.
const (
	logLines = 5000
	logBytes = 2 << 20
)

// containerLog is one log of a pod.
type containerLog struct {
	// file is what it is called in the archive.
	file string
	// container is whose it is, and previous says that it is of the run before the present one.
	container string
	previous  bool
}

// logsOf lists the logs that a pod has. A container that has ended and runs again says in the former log why.
func logsOf(pod corev1.Pod) []containerLog {
	ended := map[string]bool{}
	for _, status := range pod.Status.ContainerStatuses {
		ended[status.Name] = status.LastTerminationState.Terminated != nil
	}
	var found []containerLog
	for _, container := range pod.Spec.Containers {
		file := pod.Name
		if len(pod.Spec.Containers) > 1 {
			file += "." + container.Name
		}
		found = append(found, containerLog{file: file + ".log", container: container.Name})
		if ended[container.Name] {
			found = append(found, containerLog{file: file + ".previous.log", container: container.Name, previous: true})
		}
	}
	return found
}

// logs puts the end of the logs of our pods into the archive.
func logs(ctx context.Context, a *archive, c *kube.Cluster) error {
	clientset, err := c.Clientset()
	if err != nil {
		return err
	}
	for _, from := range []struct {
		namespace string
		keep      func(labels.Set) bool
	}{
		{manifests.ControllerNamespace, func(labels.Set) bool { return true }},
		{manifests.CoreDNSNamespace, dnsServer},
	} {
		dir := fmt.Sprintf("%s/logs/%s", c.Context, from.namespace)
		var list corev1.PodList
		if err := c.List(ctx, &list, client.InNamespace(from.namespace)); err != nil {
			a.missing(dir, err)
			continue
		}
		for _, pod := range list.Items {
			if !from.keep(pod.Labels) {
				continue
			}
			if err := logsInto(ctx, a, dir, clientset.CoreV1().Pods(pod.Namespace), pod); err != nil {
				return err
			}
		}
	}
	return nil
}

// logsInto puts the end of each log of a pod into a directory of the archive.
func logsInto(ctx context.Context, a *archive, dir string, pods corev1client.PodInterface, pod corev1.Pod) error {
	for _, log := range logsOf(pod) {
		content, err := pods.GetLogs(pod.Name, &corev1.PodLogOptions{
			Container: log.container, Previous: log.previous,
			TailLines: new(int64(logLines)), LimitBytes: new(int64(logBytes)), Timestamps: true,
		}).DoRaw(ctx)
		switch path := dir + "/" + log.file; {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			a.missing(path, err)
		default:
			if err := a.put(path, content); err != nil {
				return err
			}
		}
	}
	return nil
}
