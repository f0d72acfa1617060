package dataset

import (
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// managedBy is whose the objects say they are: nobody who runs.
const managedBy = "bench-dns.multicluster-dns.github.io"

// Import is the ServiceImport as an MCS controller writes it. Its status is a write of its own there and here.
func (s Service) Import() *mcsv1beta1.ServiceImport {
	made := &mcsv1beta1.ServiceImport{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: s.Namespace, Name: s.Name, Labels: map[string]string{"app.kubernetes.io/managed-by": managedBy},
		},
		Spec: mcsv1beta1.ServiceImportSpec{
			Type:       mcsv1beta1.Headless,
			IPFamilies: []corev1.IPFamily{corev1.IPv4Protocol},
			Ports:      []mcsv1beta1.ServicePort{{Name: portName, Protocol: corev1.ProtocolTCP, Port: port}},
		},
	}
	if !s.Headless() {
		made.Spec.Type = mcsv1beta1.ClusterSetIP
		made.Spec.IPs = []string{s.IP.String()}
	}
	for _, cluster := range Clusters {
		made.Status.Clusters = append(made.Status.Clusters, mcsv1beta1.ClusterStatus{Cluster: cluster})
	}
	return made
}

// EndpointSlice is one slice of the service as an MCS controller writes it. Those of a ClusterSetIP service name a derived
// Service, which is not there: DNS has no part in it.
func (s Service) EndpointSlice(slice Slice) *discoveryv1.EndpointSlice {
	labels := map[string]string{
		mcsv1beta1.LabelServiceName:   s.Name,
		mcsv1beta1.LabelSourceCluster: slice.Cluster,
		discoveryv1.LabelManagedBy:    managedBy,
	}
	if s.Headless() {
		labels[corev1.IsHeadlessService] = ""
	} else {
		labels[discoveryv1.LabelServiceName] = "derived-" + s.Name
	}
	return &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Namespace: s.Namespace, Name: slice.Name, Labels: labels},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Name: new(portName), Protocol: new(corev1.ProtocolTCP), Port: new(int32(port))}},
		Endpoints:   slice.APIEndpoints(),
	}
}

// APIEndpoints are the slice's endpoints as they stand in an EndpointSlice.
func (s Slice) APIEndpoints() []discoveryv1.Endpoint {
	zones := [...]string{"zone-a", "zone-b", "zone-c"}
	endpoints := make([]discoveryv1.Endpoint, len(s.Endpoints))
	for i, e := range s.Endpoints {
		endpoints[i] = discoveryv1.Endpoint{
			Addresses:  []string{e.Address.String()},
			Conditions: discoveryv1.EndpointConditions{Ready: new(true), Serving: new(true), Terminating: new(false)},
			Zone:       new(zones[i%len(zones)]),
		}
		if e.Hostname != "" {
			endpoints[i].Hostname = new(e.Hostname)
		}
	}
	return endpoints
}
