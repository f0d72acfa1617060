package verify

import (
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

const (
	// label marks what a run made, with the run's name: whatever a killed run leaves can be found by it.
	label = "mcsctl.multicluster-dns.github.io/verify"
	// These are in the run's own namespace.
	serviceName, backendName, clientName = "verify", "backend", "client"

	port = 8080
	// documentation is an address that nobody has (RFC 5737): what only has to be resolved leads nowhere.
	documentation = "192.0.2.1"
)

// corefile makes a CoreDNS of any version answer GET /health, which is all the backend has to do.
const corefile = ".:1053 {\n    whoami\n    health :8080\n}\n"

func namespaceObject(name string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
		// Pod security refuses probes of other hosts than the pod's own; by everything else the pods are as restricted as can be.
		label: name, "pod-security.kubernetes.io/enforce": "privileged",
	}}}
}

func meta(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{label: namespace}}
}

func serviceExport(namespace string) *mcsv1beta1.ServiceExport {
	return &mcsv1beta1.ServiceExport{ObjectMeta: meta(namespace, serviceName)}
}

// backend returns the Service to export and what is behind it: a pod of an image, which is a CoreDNS, or without one an EndpointSlice
// that leads nowhere.
func backend(namespace, image string) []client.Object {
	service := &corev1.Service{
		ObjectMeta: meta(namespace, serviceName),
		Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "http", Port: port, TargetPort: intstr.FromInt32(port)}}},
	}
	if image == "" {
		slice := &discoveryv1.EndpointSlice{
			ObjectMeta:  meta(namespace, serviceName),
			AddressType: discoveryv1.AddressTypeIPv4,
			Ports:       []discoveryv1.EndpointPort{{Name: ptr.To("http"), Port: ptr.To(int32(port))}},
			Endpoints:   []discoveryv1.Endpoint{{Addresses: []string{documentation}}},
		}
		slice.Labels[discoveryv1.LabelServiceName] = serviceName
		return []client.Object{service, slice}
	}
	service.Spec.Selector = map[string]string{"app": backendName}
	config := &corev1.ConfigMap{ObjectMeta: meta(namespace, backendName), Data: map[string]string{"Corefile": corefile}}
	pod := podOf(namespace, image)
	pod.Labels["app"] = backendName
	return []client.Object{service, config, pod}
}

// podOf is the backend's pod; without the label app it is none of the Service's endpoints.
func podOf(namespace, image string) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: meta(namespace, backendName), Spec: corev1.PodSpec{
		AutomountServiceAccountToken:  ptr.To(false),
		TerminationGracePeriodSeconds: ptr.To(int64(0)),
		SecurityContext: &corev1.PodSecurityContext{
			RunAsNonRoot: ptr.To(true), RunAsUser: ptr.To(int64(65532)), SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
		Containers: []corev1.Container{{
			Name: "coredns", Image: image, Args: []string{"-conf", "/etc/coredns/Corefile"},
			Ports:          []corev1.ContainerPort{{Name: "http", ContainerPort: port}},
			ReadinessProbe: &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/health", Port: intstr.FromInt32(port)}}, PeriodSeconds: 1},
			SecurityContext: &corev1.SecurityContext{
				AllowPrivilegeEscalation: ptr.To(false), ReadOnlyRootFilesystem: ptr.To(true), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			},
			VolumeMounts: []corev1.VolumeMount{{Name: "config", MountPath: "/etc/coredns", ReadOnly: true}},
		}},
		Volumes: []corev1.Volume{{Name: "config", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{
			LocalObjectReference: corev1.LocalObjectReference{Name: backendName},
		}}}},
	}}
}

// clientPod is a pod that becomes ready when the kubelet of its node has reached the backend at an address.
func clientPod(namespace, image, address string) *corev1.Pod {
	pod := podOf(namespace, image)
	pod.Name = clientName
	container := &pod.Spec.Containers[0]
	container.Args, container.VolumeMounts, pod.Spec.Volumes = []string{"-dns.port=1053"}, nil, nil
	container.ReadinessProbe.HTTPGet.Host = address
	return pod
}
