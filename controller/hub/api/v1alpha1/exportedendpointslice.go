package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ExportedEndpointSlice is the record of one EndpointSlice of an exported service: what of it crosses clusters. It lies
// beside the service's [ExportedService], under a name that is derived from the service's namespace and name and the
// slice's name. Without that ExportedService it contributes nothing.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:scope=Namespaced,categories=multicluster
// +kubebuilder:printcolumn:name="Service namespace",type=string,JSONPath=`.spec.namespace`
// +kubebuilder:printcolumn:name="Service",type=string,JSONPath=`.spec.name`
// +kubebuilder:printcolumn:name="Source",type=string,JSONPath=`.spec.source`
// +kubebuilder:printcolumn:name="Address type",type=string,JSONPath=`.spec.addressType`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type ExportedEndpointSlice struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is the slice.
	// +required
	Spec ExportedEndpointSliceSpec `json:"spec"`
}

// ExportedEndpointSliceList is a list of ExportedEndpointSlices.
//
// +kubebuilder:object:root=true
type ExportedEndpointSliceList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []ExportedEndpointSlice `json:"items"`
}

// ExportedEndpointSliceSpec is the part of an EndpointSlice that crosses clusters.
type ExportedEndpointSliceSpec struct {
	// namespace is the service's namespace.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="namespace is immutable"
	Namespace string `json:"namespace"`

	// name is the service's name.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="name is immutable"
	Name string `json:"name"`

	// source is the EndpointSlice's name in the member's cluster.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="source is immutable"
	Source string `json:"source"`

	// addressType is the family of all addresses. FQDN slices do not cross clusters.
	// +required
	// +kubebuilder:validation:Enum=IPv4;IPv6
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="addressType is immutable"
	AddressType discoveryv1.AddressType `json:"addressType"`

	// ports are those the endpoints listen on, joined to the service's ports by name.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=100
	Ports []ExportedSlicePort `json:"ports,omitempty"`

	// endpoints are in the source's order.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=1000
	Endpoints []ExportedEndpoint `json:"endpoints,omitempty"`

	// triggered is when the change that the slice shows happened in the member's cluster. It serves measurement only, and
	// alone is no reason to write the record.
	// +optional
	Triggered *metav1.MicroTime `json:"triggered,omitempty"`
}

// ExportedSlicePort is one port of an exported EndpointSlice.
type ExportedSlicePort struct {
	// name is the service port's name, empty for an unnamed one.
	// +required
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$`
	Name string `json:"name"`

	// protocol is the transport protocol.
	// +required
	// +kubebuilder:validation:Enum=TCP;UDP;SCTP
	Protocol corev1.Protocol `json:"protocol"`

	// appProtocol is the application protocol.
	// +optional
	// +kubebuilder:validation:MaxLength=317
	// +kubebuilder:validation:Pattern=`^([A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?)?$`
	AppProtocol *string `json:"appProtocol,omitempty"`

	// port is the number the endpoints listen on; unset where the EndpointSlice has none.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	Port *int32 `json:"port,omitempty"`
}

// ExportedEndpoint is one endpoint of an exported EndpointSlice.
type ExportedEndpoint struct {
	// addresses are IP addresses in canonical text. Loopback, link-local, multicast and unspecified addresses, which would
	// reach something else in another cluster, are refused.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MaxLength=39
	// +kubebuilder:validation:items:XValidation:rule="isIP(self) && ip.isCanonical(self) && ip(self).isGlobalUnicast()",message="must be a global unicast IP address in canonical form"
	Addresses []string `json:"addresses"`

	// hostname is the endpoint's, where its service gives it one.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Hostname string `json:"hostname,omitempty"`

	// zone is the topology zone in the member's cluster.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`
	Zone string `json:"zone,omitempty"`

	// ready is the endpoint's condition of that name; unset is ready.
	// +optional
	Ready *bool `json:"ready,omitempty"`

	// serving is the endpoint's condition of that name; unset is as ready.
	// +optional
	Serving *bool `json:"serving,omitempty"`

	// terminating is the endpoint's condition of that name; unset is not terminating.
	// +optional
	Terminating *bool `json:"terminating,omitempty"`
}
