package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ExportedService is the record of one service that a member exports: its properties and the time its precedence is judged
// by. It lies in the member's hub namespace under a name that is derived from the service's namespace and name, and lives
// as long as the member's ServiceExport, also while that is not valid.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:scope=Namespaced,categories=multicluster
// +kubebuilder:printcolumn:name="Service namespace",type=string,JSONPath=`.spec.namespace`
// +kubebuilder:printcolumn:name="Service",type=string,JSONPath=`.spec.name`
// +kubebuilder:printcolumn:name="Type",type=string,JSONPath=`.spec.type`
// +kubebuilder:printcolumn:name="Invalid",type=string,JSONPath=`.spec.invalid`
// +kubebuilder:printcolumn:name="Exported",type=date,JSONPath=`.spec.claimed`
type ExportedService struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the member exports.
	// +required
	Spec ExportedServiceSpec `json:"spec"`
}

// ExportedServiceList is a list of ExportedServices.
//
// +kubebuilder:object:root=true
type ExportedServiceList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []ExportedService `json:"items"`
}

// ExportedServiceSpec is what a member exports under one namespace and name.
//
// +kubebuilder:validation:XValidation:rule="has(self.invalid) != has(self.type)",message="an export has either a type or the reason why it is invalid"
// +kubebuilder:validation:XValidation:rule="!has(self.affinityTimeoutSeconds) || (has(self.sessionAffinity) && self.sessionAffinity == 'ClientIP')",message="affinityTimeoutSeconds needs sessionAffinity ClientIP"
type ExportedServiceSpec struct {
	// namespace is the service's namespace, the same in all clusters.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="namespace is immutable"
	Namespace string `json:"namespace"`

	// name is the service's name, the same in all clusters.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="name is immutable"
	Name string `json:"name"`

	// claimed is the creation time of the ServiceExport, as its own cluster states it. Readers weigh it against the creation
	// time of this record, which the hub sets.
	// +required
	// +kubebuilder:validation:XValidation:rule="self >= oldSelf",message="the claimed time may only grow"
	Claimed metav1.Time `json:"claimed"`

	// invalid is the reason why the export contributes nothing at present, such as NoService. An invalid export keeps its
	// place in the order of precedence.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$`
	Invalid string `json:"invalid,omitempty"`

	// type is how the service is reached.
	// +optional
	// +kubebuilder:validation:Enum=ClusterSetIP;Headless
	Type string `json:"type,omitempty"`

	// ports are the service's, in its order.
	// +optional
	// +listType=map
	// +listMapKey=port
	// +listMapKey=protocol
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:XValidation:rule="self.all(p, self.exists_one(q, q.name == p.name))",message="port names must be unique"
	Ports []ExportedPort `json:"ports,omitempty"`

	// ipFamilies are the service's, in its order of preference.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=2
	// +kubebuilder:validation:items:Enum=IPv4;IPv6
	IPFamilies []corev1.IPFamily `json:"ipFamilies,omitempty"`

	// sessionAffinity is the service's; unset is None.
	// +optional
	// +kubebuilder:validation:Enum=None;ClientIP
	SessionAffinity corev1.ServiceAffinity `json:"sessionAffinity,omitempty"`

	// affinityTimeoutSeconds is how long a ClientIP affinity holds; unset is the API's default.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=86400
	AffinityTimeoutSeconds *int32 `json:"affinityTimeoutSeconds,omitempty"`

	// internalTrafficPolicy is the service's; unset is Cluster.
	// +optional
	// +kubebuilder:validation:Enum=Cluster;Local
	InternalTrafficPolicy *corev1.ServiceInternalTrafficPolicy `json:"internalTrafficPolicy,omitempty"`

	// trafficDistribution is the service's preference among endpoints. It is not an enumeration: Kubernetes adds values.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9][-A-Za-z0-9_./]*$`
	TrafficDistribution *string `json:"trafficDistribution,omitempty"`

	// labels are the ServiceExport's exportedLabels.
	// +optional
	// +kubebuilder:validation:MaxProperties=64
	// +kubebuilder:validation:XValidation:rule="self.all(k, size(k) <= 317 && size(self[k]) <= 63)",message="a label key has at most 317 characters and its value 63"
	Labels map[string]string `json:"labels,omitempty"`

	// annotations are the ServiceExport's exportedAnnotations.
	// +optional
	// +kubebuilder:validation:MaxProperties=64
	// +kubebuilder:validation:XValidation:rule="self.all(k, size(k) <= 317 && size(self[k]) <= 32768)",message="an annotation key has at most 317 characters and its value 32768"
	Annotations map[string]string `json:"annotations,omitempty"`
}

// ExportedPort is one port of an exported service.
type ExportedPort struct {
	// name is the port's name, empty for an unnamed one.
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

	// port is the number clients dial.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	Port int32 `json:"port"`
}
