package lab

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/pods"
)

var labels = map[string]string{"app": "web"}

// template is a pod that answers HTTP on 8080 and UDP on 5353.
func template() corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: labels},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{
			Name:  "web",
			Image: "none",
			Ports: []corev1.ContainerPort{
				{Name: "http", ContainerPort: 8080},
				{Name: "echo", ContainerPort: 5353, Protocol: corev1.ProtocolUDP},
			},
		}}},
	}
}

func service(name, clusterIP string, dual bool) *corev1.Service {
	s := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.ServiceSpec{
			Selector:  labels,
			ClusterIP: clusterIP,
			Ports: []corev1.ServicePort{
				{Name: "http", Port: 80, TargetPort: intstr.FromString("http")},
				{Name: "echo", Port: 53, TargetPort: intstr.FromString("echo"), Protocol: corev1.ProtocolUDP},
			},
		},
	}
	if dual {
		s.Spec.IPFamilyPolicy = ptr.To(corev1.IPFamilyPolicyRequireDualStack)
	}
	return s
}

func createService(t *testing.T, c *Cluster, namespace, clusterIP string) *corev1.Service {
	t.Helper()
	dual := len(c.PodCIDRs()) > 1
	s, err := c.Client().CoreV1().Services(namespace).Create(t.Context(), service("web", clusterIP, dual), metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func createDeployment(t *testing.T, c *Cluster, namespace string, replicas int32) {
	t.Helper()
	_, err := c.Client().AppsV1().Deployments(namespace).Create(t.Context(), &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: template(),
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

// endpoints are all endpoints of the Service web, as the cluster's own endpointslice controller publishes them.
func endpoints(ctx context.Context, c *Cluster, namespace string) ([]discoveryv1.Endpoint, error) {
	list, err := c.Client().DiscoveryV1().EndpointSlices(namespace).List(ctx, metav1.ListOptions{LabelSelector: discoveryv1.LabelServiceName + "=web"})
	if err != nil {
		return nil, err
	}
	var all []discoveryv1.Endpoint
	for _, slice := range list.Items {
		all = append(all, slice.Endpoints...)
	}
	return all, nil
}

func readyAddresses(ctx context.Context, c *Cluster, namespace string) ([]string, error) {
	all, err := endpoints(ctx, c, namespace)
	var ready []string
	for _, endpoint := range all {
		if ptr.Deref(endpoint.Conditions.Ready, true) {
			ready = append(ready, endpoint.Addresses...)
		}
	}
	slices.Sort(ready)
	return ready, err
}

// awaitReady waits until the Service has so many ready endpoints in each family, and returns their addresses.
func awaitReady(t *testing.T, c *Cluster, namespace string, pods int) []string {
	t.Helper()
	var ready []string
	eventually(t, fmt.Sprintf("%d ready endpoints", pods), func(ctx context.Context) error {
		var err error
		ready, err = readyAddresses(ctx, c, namespace)
		if want := pods * len(c.PodCIDRs()); err == nil && len(ready) != want {
			return fmt.Errorf("%d addresses are ready, want %d: %v", len(ready), want, ready)
		}
		return err
	})
	return ready
}

func TestADeploymentsPodsAnswerInEveryCluster(t *testing.T) {
	l := sharedLab(t)
	needNamespaces(t, l)
	east, west := l.Cluster("east"), l.Cluster("west")
	namespace := newNamespace(t, east)
	createService(t, east, namespace, "")
	createDeployment(t, east, namespace, 3)

	for _, address := range awaitReady(t, east, namespace, 3) {
		for _, from := range []*Cluster{east, west} {
			body, err := get(t.Context(), from, "http://"+net.JoinHostPort(address, "8080")+"/")
			if err != nil {
				t.Fatalf("HTTP from %s: %v", from.Name(), err)
			}
			if !strings.HasPrefix(body, "hello from web-") || !strings.HasSuffix(body, " in east ("+address+")\n") {
				t.Errorf("HTTP from %s: %q does not name a pod of web in east at %s", from.Name(), body, address)
			}
			line, err := ask(t.Context(), from, net.JoinHostPort(address, "5353"))
			if err != nil {
				t.Fatalf("UDP from %s: %v", from.Name(), err)
			}
			if line != body {
				t.Errorf("UDP from %s: %q, want the line HTTP answers: %q", from.Name(), line, body)
			}
		}
	}
}

func TestAClusterIPLeadsToThePods(t *testing.T) {
	l := sharedLab(t)
	needNamespaces(t, l)
	if strings.HasPrefix(l.Traffic(), "none") {
		t.Skip("nothing carries packets for ClusterIPs here:", l.Traffic())
	}
	east := l.Cluster("east")
	namespace := newNamespace(t, east)
	s := createService(t, east, namespace, "")
	createDeployment(t, east, namespace, 2)
	awaitReady(t, east, namespace, 2)

	for _, ip := range s.Spec.ClusterIPs {
		eventually(t, "an answer at "+ip, func(ctx context.Context) error {
			body, err := get(ctx, east, "http://"+net.JoinHostPort(ip, "80")+"/")
			if err == nil && !strings.HasPrefix(body, "hello from web-") {
				err = fmt.Errorf("%q is not from a pod of web", body)
			}
			return err
		})
	}
}

// A derived Service points at pods of another cluster; its slices are written by somebody else, here by the test.
func TestAClusterIPLeadsToPodsOfAnotherCluster(t *testing.T) {
	l := sharedLab(t)
	needNamespaces(t, l)
	if strings.HasPrefix(l.Traffic(), "none") {
		t.Skip("nothing carries packets for ClusterIPs here:", l.Traffic())
	}
	east, west := l.Cluster("east"), l.Cluster("west")
	namespace := newNamespace(t, east)
	createService(t, east, namespace, "")
	createDeployment(t, east, namespace, 2)
	ready := awaitReady(t, east, namespace, 2)

	derived := newNamespace(t, west)
	s := service("web", "", false)
	s.Spec.Selector = nil
	s, err := west.Client().CoreV1().Services(derived).Create(t.Context(), s, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Name: "web-east", Labels: map[string]string{discoveryv1.LabelServiceName: "web"}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Name: ptr.To("http"), Port: ptr.To[int32](8080), Protocol: ptr.To(corev1.ProtocolTCP)}},
	}
	for _, address := range ready {
		if !strings.Contains(address, ":") {
			slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{Addresses: []string{address}, Conditions: discoveryv1.EndpointConditions{Ready: ptr.To(true)}})
		}
	}
	if _, err := west.Client().DiscoveryV1().EndpointSlices(derived).Create(t.Context(), slice, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "an answer from east", func(ctx context.Context) error {
		body, err := get(ctx, west, "http://"+net.JoinHostPort(s.Spec.ClusterIP, "80")+"/")
		if err == nil && !strings.Contains(body, " in east ") {
			err = fmt.Errorf("%q is not from east", body)
		}
		return err
	})
}

func TestPodsOfAStatefulSetHaveHostnames(t *testing.T) {
	l := sharedLab(t)
	east := l.Cluster("east")
	namespace := newNamespace(t, east)
	createService(t, east, namespace, corev1.ClusterIPNone)
	_, err := east.Client().AppsV1().StatefulSets(namespace).Create(t.Context(), &appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Name: "pg"},
		Spec: appsv1.StatefulSetSpec{
			ServiceName: "web",
			Replicas:    ptr.To[int32](2),
			Selector:    &metav1.LabelSelector{MatchLabels: labels},
			Template:    template(),
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	awaitReady(t, east, namespace, 2)
	all, err := endpoints(t.Context(), east, namespace)
	if err != nil {
		t.Fatal(err)
	}
	for _, endpoint := range all {
		if hostname := ptr.Deref(endpoint.Hostname, ""); hostname != "pg-0" && hostname != "pg-1" {
			t.Errorf("endpoint %v has hostname %q, want pg-0 or pg-1", endpoint.Addresses, hostname)
		}
	}
}

func TestAnAnnotationTogglesReadinessWhileThePodGoesOn(t *testing.T) {
	l := sharedLab(t)
	east := l.Cluster("east")
	namespace := newNamespace(t, east)
	createService(t, east, namespace, "")
	createDeployment(t, east, namespace, 1)
	before := awaitReady(t, east, namespace, 1)

	annotate(t, east, namespace, onlyPod(t, east, namespace).Name, `"false"`)
	awaitReady(t, east, namespace, 0)
	if l.Isolation().Namespaces() {
		if _, err := get(t.Context(), east, "http://"+net.JoinHostPort(before[0], "8080")+"/"); err != nil {
			t.Errorf("a pod that is not ready stopped answering: %v", err)
		}
	}
	annotate(t, east, namespace, onlyPod(t, east, namespace).Name, `null`)
	if after := awaitReady(t, east, namespace, 1); !slices.Equal(before, after) {
		t.Errorf("the addresses changed from %v to %v", before, after)
	}
}

func TestADeletedPodIsGoneWithItsAddress(t *testing.T) {
	l := sharedLab(t)
	needNamespaces(t, l)
	east := l.Cluster("east")
	namespace := newNamespace(t, east)
	createService(t, east, namespace, "")
	createDeployment(t, east, namespace, 1)
	before := awaitReady(t, east, namespace, 1)
	deleted := onlyPod(t, east, namespace)
	if err := east.Client().CoreV1().Pods(namespace).Delete(t.Context(), deleted.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}

	eventually(t, "the pod is gone", func(ctx context.Context) error {
		_, err := east.Client().CoreV1().Pods(namespace).Get(ctx, deleted.Name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("it is there: %w", errNotYet)
	})
	for _, address := range before {
		if body, err := get(t.Context(), east, "http://"+net.JoinHostPort(address, "8080")+"/"); err == nil {
			t.Errorf("%s still answers %q", address, body)
		}
	}
	// What its slice says may still be of the one that is gone.
	eventually(t, "its successor runs at other addresses", func(ctx context.Context) error {
		after, err := readyAddresses(ctx, east, namespace)
		if err != nil || len(after) != len(before) || slices.Equal(before, after) {
			return fmt.Errorf("%v are ready (%v), %v were before", after, err, before)
		}
		return nil
	})
	for _, ip := range onlyPod(t, east, namespace).Status.PodIPs {
		if slices.Contains(before, ip.IP) {
			t.Errorf("its successor got %s again at once", ip.IP)
		}
	}
}

func TestADeletedPodThatLingersIsServingAndTerminating(t *testing.T) {
	l := sharedLab(t)
	east := l.Cluster("east")
	namespace := newNamespace(t, east)
	createService(t, east, namespace, "")
	pod := template()
	pod.Annotations = map[string]string{pods.LingerAnnotation: "1h"}
	pod.Spec.TerminationGracePeriodSeconds = ptr.To[int64](3600)
	eventually(t, "the namespace has the account that every pod needs", func(ctx context.Context) error {
		_, err := east.Client().CoreV1().ServiceAccounts(namespace).Get(ctx, "default", metav1.GetOptions{})
		return err
	})
	_, err := east.Client().CoreV1().Pods(namespace).Create(t.Context(), &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Labels: pod.Labels, Annotations: pod.Annotations},
		Spec:       pod.Spec,
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	awaitReady(t, east, namespace, 1)
	if err := east.Client().CoreV1().Pods(namespace).Delete(t.Context(), "web", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a terminating endpoint that serves", func(ctx context.Context) error {
		all, err := endpoints(ctx, east, namespace)
		if err != nil || len(all) == 0 {
			return fmt.Errorf("%d endpoints: %w", len(all), errNotYet)
		}
		c := all[0].Conditions
		if !ptr.Deref(c.Terminating, false) || !ptr.Deref(c.Serving, false) || ptr.Deref(c.Ready, true) {
			return fmt.Errorf("terminating %v, serving %v, ready %v", ptr.Deref(c.Terminating, false), ptr.Deref(c.Serving, false), ptr.Deref(c.Ready, true))
		}
		return nil
	})
	// The test does not wait for the rest of the hour.
	if err := east.Client().CoreV1().Pods(namespace).Delete(t.Context(), "web", deleteNow); err != nil {
		t.Fatal(err)
	}
	awaitReady(t, east, namespace, 0)
}

// deleteNow leaves no time for a graceful end.
var deleteNow = metav1.DeleteOptions{GracePeriodSeconds: ptr.To[int64](0)}

func onlyPod(t *testing.T, c *Cluster, namespace string) corev1.Pod {
	t.Helper()
	list, err := c.Client().CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Items) != 1 {
		t.Fatalf("%d pods, want 1", len(list.Items))
	}
	return list.Items[0]
}

func annotate(t *testing.T, c *Cluster, namespace, pod, value string) {
	t.Helper()
	patch := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:%s}}}`, pods.ReadyAnnotation, value)
	if _, err := c.Client().CoreV1().Pods(namespace).Patch(t.Context(), pod, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
}
