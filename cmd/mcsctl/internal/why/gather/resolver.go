package gather

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/remotecommand"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/why/explain"
)

// execTimeout bounds a look into a pod.
const execTimeout = 5 * time.Second

// readResolver reads how the pod turns a name into queries, and what policies let it ask.
func readResolver(ctx context.Context, cluster *kube.Cluster, request Request, im *explain.Importer) {
	namespace := cluster.Namespace
	if request.Pod != "" {
		namespace = request.Namespace
		im.Pod = get[corev1.Pod](ctx, cluster, request.Namespace, request.Pod)
		im.Policies = list(ctx, cluster, &networkingv1.NetworkPolicyList{}, func(l *networkingv1.NetworkPolicyList) []networkingv1.NetworkPolicy { return l.Items },
			client.InNamespace(request.Namespace))
		if im.Pod.Value != nil {
			text, err := look(ctx, cluster, im.Pod.Value)
			if err == nil {
				im.Resolver = parseResolver(text)
				return
			}
			im.Resolver.Why = fmt.Sprintf("looking into pod %s/%s: %v", request.Namespace, request.Pod, err)
		}
	}
	im.Resolver.Assumed = true
	im.Resolver.Search = []string{namespace + ".svc.cluster.local", "svc.cluster.local", "cluster.local"}
	if service := get[corev1.Service](ctx, cluster, "kube-system", "kube-dns"); service.Value != nil {
		im.Resolver.Nameservers = service.Value.Spec.ClusterIPs
	}
}

// look reads /etc/resolv.conf in a pod.
func look(ctx context.Context, cluster *kube.Cluster, pod *corev1.Pod) (string, error) {
	clientset, err := cluster.Clientset()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, execTimeout)
	defer cancel()
	request := clientset.CoreV1().RESTClient().Post().Resource("pods").Namespace(pod.Namespace).Name(pod.Name).SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{Command: []string{"cat", "/etc/resolv.conf"}, Stdout: true, Stderr: true}, scheme.ParameterCodec)
	executor, err := remotecommand.NewWebSocketExecutor(cluster.REST, "GET", request.URL().String())
	if err != nil {
		return "", err
	}
	var out, said bytes.Buffer
	if err := executor.StreamWithContext(ctx, remotecommand.StreamOptions{Stdout: &out, Stderr: &said}); err != nil {
		return "", fmt.Errorf("running cat in it: %w %s", err, strings.TrimSpace(said.String()))
	}
	return out.String(), nil
}

// parseResolver reads a resolv.conf, as resolvers do: the last of a kind counts, and what is not understood is passed over.
func parseResolver(text string) explain.Resolver {
	var r explain.Resolver
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		switch words[0] {
		case "nameserver":
			r.Nameservers = append(r.Nameservers, words[1])
		case "search", "domain":
			r.Search = words[1:]
		case "options":
			for _, option := range words[1:] {
				if value, found := strings.CutPrefix(option, "ndots:"); found {
					if n, err := strconv.Atoi(value); err == nil {
						r.Ndots = n
					}
				}
			}
		}
	}
	if r.Ndots == 0 {
		r.Ndots = 1 // what a resolver takes where nothing is said
	}
	return r
}
