package scenarios

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

// serve exports a Service of n pods that listen on the Service's ports, in all IP families, and waits until they are ready.
func (s *stage) serve(m *clusterset.Member, name string, n int32, options ...option) *offer {
	s.Helper()
	labels := map[string]string{"app": name}
	o := &offer{
		service: &corev1.Service{ObjectMeta: s.meta(name), Spec: corev1.ServiceSpec{
			Selector:       labels,
			IPFamilyPolicy: ptr.To(corev1.IPFamilyPolicyPreferDualStack),
			Ports:          []corev1.ServicePort{port("http 80")},
		}},
		export: &mcsv1beta1.ServiceExport{ObjectMeta: s.meta(name)},
	}
	for _, apply := range options {
		apply(o)
	}
	container := corev1.Container{Name: "web", Image: "web"}
	for _, p := range o.service.Spec.Ports {
		container.Ports = append(container.Ports, corev1.ContainerPort{ContainerPort: p.Port, Protocol: p.Protocol})
	}
	s.create(m, o.service, o.export, &appsv1.Deployment{
		ObjectMeta: s.meta(name),
		Spec: appsv1.DeploymentSpec{
			Replicas: &n,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{container}},
			},
		},
	})
	s.eventually(fmt.Sprintf("%d pods of %s ready in %s", n, name, m.ID), func(ctx context.Context) error {
		var list discoveryv1.EndpointSliceList
		if err := m.Client.List(ctx, &list, client.InNamespace(s.ns), client.MatchingLabels{discoveryv1.LabelServiceName: name}); err != nil {
			return err
		}
		for _, slice := range list.Items {
			ready := 0
			for _, e := range slice.Endpoints {
				if ptr.Deref(e.Conditions.Ready, true) {
					ready++
				}
			}
			if ready != int(n) {
				return fmt.Errorf("slice %q has %d ready endpoints", slice.Name, ready)
			}
		}
		if len(list.Items) != len(o.service.Spec.IPFamilies) {
			return fmt.Errorf("there are %d slices", len(list.Items))
		}
		return nil
	})
	return o
}

// noTraffic is why connections of a kind cannot be made here, "" where they can: kube-proxy carries all, its stand-in TCP only and
// without any policy.
func noTraffic(what string) string {
	switch kind := set.Lab.Traffic(); {
	case strings.HasPrefix(kind, "none"):
		return "no connection can be made in this lab: " + kind
	case what != onlyTCP && !strings.HasPrefix(kind, "kube-proxy"):
		return what + " needs kube-proxy in this lab: " + kind
	}
	return ""
}

// onlyTCP is traffic that the stand-in for kube-proxy carries as well.
const onlyTCP = "TCP"

// answer is who answered.
type answer struct{ pod, cluster string }

// call connects once from a member and returns who answered.
func call(ctx context.Context, m *clusterset.Member, network, address string, port int) (answer, error) {
	said := ""
	switch network {
	case "tcp":
		body, err := m.Get(ctx, address, port)
		if err != nil {
			return answer{}, err
		}
		said = body
	case "udp":
		conn, err := m.Cluster.DialContext(ctx, "udp", net.JoinHostPort(address, strconv.Itoa(port)))
		if err != nil {
			return answer{}, err
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(2 * time.Second)); err != nil {
			return answer{}, err
		}
		buffer := make([]byte, 1500)
		if _, err := conn.Write([]byte("who is there?")); err != nil {
			return answer{}, err
		}
		n, err := conn.Read(buffer)
		if err != nil {
			return answer{}, fmt.Errorf("asking %s over UDP from %q: %w", address, m.ID, err)
		}
		said = string(buffer[:n])
	}
	words := strings.Fields(said) // hello from POD in CLUSTER (ADDRESS)
	if len(words) != 6 {
		return answer{}, fmt.Errorf("%s is answered by %q", address, said)
	}
	return answer{pod: words[2], cluster: words[4]}, nil
}

// calls connects n times to each IP of an import and counts who answered, by cluster and by pod.
func (s *stage) calls(ctx context.Context, m *clusterset.Member, network, name string, port, n int) (clusters, pods map[string]int, err error) {
	si, err := s.serviceImport(ctx, m, name)
	if err != nil {
		return nil, nil, err
	}
	if len(si.Spec.IPs) != len(si.Spec.IPFamilies) {
		return nil, nil, fmt.Errorf("import %q in %q has IPs %v", name, m.ID, si.Spec.IPs)
	}
	clusters, pods = map[string]int{}, map[string]int{}
	for _, ip := range si.Spec.IPs {
		for range n {
			who, err := call(ctx, m, network, ip, port)
			if err != nil {
				return nil, nil, err
			}
			clusters[who.cluster]++
			pods[who.cluster+"/"+who.pod]++
		}
	}
	return clusters, pods, nil
}
