package standin

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

func service(ips []string, ports ...corev1.ServicePort) *corev1.Service {
	return &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web"}, Spec: corev1.ServiceSpec{ClusterIPs: ips, Ports: ports}}
}

func slice(namespace, owner string, ports map[string]int32, endpoints ...discoveryv1.Endpoint) *discoveryv1.EndpointSlice {
	s := &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Labels: map[string]string{discoveryv1.LabelServiceName: owner}}, Endpoints: endpoints}
	for name, number := range ports {
		s.Ports = append(s.Ports, discoveryv1.EndpointPort{Name: &name, Port: &number, Protocol: ptr.To(corev1.ProtocolTCP)})
	}
	return s
}

func at(address string) discoveryv1.Endpoint {
	return discoveryv1.Endpoint{Addresses: []string{address}}
}

func with(e discoveryv1.Endpoint, c discoveryv1.EndpointConditions) discoveryv1.Endpoint {
	e.Conditions = c
	return e
}

func TestDesired(t *testing.T) {
	http := corev1.ServicePort{Name: "http", Port: 80}
	notReady := discoveryv1.EndpointConditions{Ready: ptr.To(false)}
	leaving := discoveryv1.EndpointConditions{Ready: ptr.To(false), Serving: ptr.To(true), Terminating: ptr.To(true)}
	for _, tc := range []struct {
		name    string
		service *corev1.Service
		slices  []*discoveryv1.EndpointSlice
		want    map[string]string
	}{
		{"slices of several clusters with the same port name and other numbers", service([]string{"10.96.0.9"}, http),
			[]*discoveryv1.EndpointSlice{slice("shop", "web", map[string]int32{"http": 8080}, at("10.1.0.10")), slice("shop", "web", map[string]int32{"http": 9090}, at("10.2.0.10"))},
			map[string]string{"10.96.0.9:80": "[10.1.0.10:8080 10.2.0.10:9090]"}},
		{"a slice without the port", service([]string{"10.96.0.9"}, http),
			[]*discoveryv1.EndpointSlice{slice("shop", "web", map[string]int32{"https": 8443}, at("10.1.0.10"))},
			map[string]string{"10.96.0.9:80": "[]"}},
		{"both families, each to its own", service([]string{"10.96.0.9", "fd10:96::9"}, http),
			[]*discoveryv1.EndpointSlice{slice("shop", "web", map[string]int32{"http": 80}, at("10.1.0.10")), slice("shop", "web", map[string]int32{"http": 80}, at("fd10:1::a"))},
			map[string]string{"10.96.0.9:80": "[10.1.0.10:80]", "[fd10:96::9]:80": "[[fd10:1::a]:80]"}},
		{"an endpoint that is not ready", service([]string{"10.96.0.9"}, http),
			[]*discoveryv1.EndpointSlice{slice("shop", "web", map[string]int32{"http": 80}, with(at("10.1.0.10"), notReady), at("10.1.0.11"))},
			map[string]string{"10.96.0.9:80": "[10.1.0.11:80]"}},
		{"only endpoints that are leaving", service([]string{"10.96.0.9"}, http),
			[]*discoveryv1.EndpointSlice{slice("shop", "web", map[string]int32{"http": 80}, with(at("10.1.0.10"), leaving), with(at("10.1.0.11"), notReady))},
			map[string]string{"10.96.0.9:80": "[10.1.0.10:80]"}},
		{"slices of other Services", service([]string{"10.96.0.9"}, http),
			[]*discoveryv1.EndpointSlice{slice("shop", "api", map[string]int32{"http": 80}, at("10.1.0.10")), slice("other", "web", map[string]int32{"http": 80}, at("10.1.0.11"))},
			map[string]string{"10.96.0.9:80": "[]"}},
		{"a headless Service", service([]string{corev1.ClusterIPNone}, http), nil, map[string]string{}},
		{"a UDP port", service([]string{"10.96.0.9"}, corev1.ServicePort{Name: "dns", Port: 53, Protocol: corev1.ProtocolUDP}), nil, map[string]string{}},
		{"addresses that are none", service([]string{"10.96.0.9"}, http),
			[]*discoveryv1.EndpointSlice{slice("shop", "web", map[string]int32{"http": 80}, at("web.example.org"), discoveryv1.Endpoint{})},
			map[string]string{"10.96.0.9:80": "[]"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := map[string]string{}
			for front, backends := range Desired([]*corev1.Service{tc.service}, tc.slices) {
				got[front.String()] = fmt.Sprint(backends)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("table (-want +got):\n%s", diff)
			}
		})
	}
}
