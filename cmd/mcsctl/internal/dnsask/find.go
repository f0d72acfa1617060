package dnsask

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/forward"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
)

// Where the cluster's DNS server is, in every Kubernetes distribution.
const (
	serviceNamespace = "kube-system"
	serviceName      = "kube-dns"
)

// mostPods is how many of the DNS server's pods are asked: enough to see that they differ.
const mostPods = 3

// ErrNoWay is returned where nothing leads to the DNS server of a cluster.
var ErrNoWay = errors.New("no way to the DNS server")

// Find returns the DNS servers of a cluster in the order in which to believe them: the one the context's extension names, or else the
// ready pods behind Service kube-system/kube-dns, each through a forwarded port. Close the servers when done. ErrNoWay says what to
// give instead.
func Find(ctx context.Context, cluster *kube.Cluster) (servers []Server, closeAll func(), err error) {
	if cluster.DNS != "" {
		return []Server{At(cluster.DNS)}, func() {}, nil
	}
	pods, err := servingPods(ctx, cluster)
	if err != nil {
		return nil, func() {}, fmt.Errorf("finding the DNS server of context %q: %w", cluster.Context, err)
	}
	if len(pods) == 0 {
		return nil, func() {}, fmt.Errorf("context %q: no ready pod is behind Service %s/%s; give its address with --dns HOST:PORT: %w",
			cluster.Context, serviceNamespace, serviceName, ErrNoWay)
	}
	var forwards forward.Forwards
	for _, pod := range pods[:min(len(pods), mostPods)] {
		servers = append(servers, Server{
			Name: "pod " + pod.Namespace + "/" + pod.Name,
			dial: func(ctx context.Context) (net.Conn, error) { return forwards.Dial(ctx, cluster.REST, pod) },
		})
	}
	return servers, forwards.Close, nil
}

// servingPods are the ready pods behind the DNS Service and the port they answer on, by name.
func servingPods(ctx context.Context, reader client.Reader) ([]forward.Pod, error) {
	var list discoveryv1.EndpointSliceList
	if err := reader.List(ctx, &list, client.InNamespace(serviceNamespace), client.MatchingLabels{discoveryv1.LabelServiceName: serviceName}); err != nil {
		return nil, fmt.Errorf("listing EndpointSlices of Service %s/%s: %w", serviceNamespace, serviceName, err)
	}
	found := map[string]forward.Pod{}
	for _, slice := range list.Items {
		port := dnsPort(slice)
		for _, endpoint := range slice.Endpoints {
			ready := endpoint.Conditions.Ready == nil || *endpoint.Conditions.Ready
			if target := endpoint.TargetRef; ready && port != 0 && target != nil && target.Kind == "Pod" {
				found[target.Name] = forward.Pod{Namespace: target.Namespace, Name: target.Name, Port: port}
			}
		}
	}
	var pods []forward.Pod
	for _, p := range found {
		pods = append(pods, p)
	}
	slices.SortFunc(pods, func(a, b forward.Pod) int { return strings.Compare(a.Name, b.Name) })
	return pods, nil
}

// dnsPort is the TCP port of a slice that answers DNS, 0 for none: only a stream can be forwarded.
func dnsPort(slice discoveryv1.EndpointSlice) int32 {
	for _, p := range slice.Ports {
		tcp := p.Protocol == nil || *p.Protocol == corev1.ProtocolTCP
		if tcp && p.Port != nil && p.Name != nil && (*p.Name == "dns-tcp" || *p.Port == 53) {
			return *p.Port
		}
	}
	return 0
}
