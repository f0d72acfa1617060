package mcs

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// Export is what one member cluster contributes to one multi-cluster service: the exported Service's properties, the time
// its precedence is judged by, and its endpoints. It is the only form in which an export crosses from one room to the next.
//
// An Export is a value: whoever receives one must not write through its slices, maps and pointers.
type Export struct {
	// Cluster is the member that exports. It is set by whoever reads the export, from where it was found, and never from
	// what the export says of itself.
	Cluster ClusterID
	// Key is the namespace and name of the Service, its ServiceExport and the ServiceImport that results.
	Key types.NamespacedName
	// Invalid says why the export contributes nothing at present: a reason of the Valid condition, such as NoService. It is
	// empty for a valid export. An invalid export keeps its place in the order of precedence and has no other properties.
	Invalid string

	// Claimed is the ServiceExport's creationTimestamp, as its own cluster states it.
	Claimed time.Time
	// Recorded is when the hub first saw the export: the creationTimestamp of its record. It is zero for an export that was
	// never published, which then sorts after all that were.
	Recorded time.Time

	// Type is ClusterSetIP or Headless.
	Type mcsv1beta1.ServiceImportType
	// Ports are the Service's ports, in the Service's order.
	Ports []Port
	// IPFamilies are the Service's, in its order of preference.
	IPFamilies []corev1.IPFamily
	// SessionAffinity is None or ClientIP; "" is None.
	SessionAffinity corev1.ServiceAffinity
	// AffinityTimeout is the seconds a ClientIP affinity holds; nil is the API's default of 10,800 under ClientIP.
	AffinityTimeout *int32
	// InternalTrafficPolicy is Cluster or Local; nil is Cluster.
	InternalTrafficPolicy *corev1.ServiceInternalTrafficPolicy
	// TrafficDistribution is the Service's preference among endpoints; nil is none.
	TrafficDistribution *string
	// Labels and Annotations are the ServiceExport's exportedLabels and exportedAnnotations.
	Labels, Annotations map[string]string

	// Slices are the endpoints, one Slice for each EndpointSlice of the Service in its own cluster.
	Slices []Slice
}

// Port is one port of an exported or imported service.
type Port struct {
	// Name is "" or a DNS label.
	Name string
	// Protocol is TCP, UDP or SCTP; "" is TCP.
	Protocol corev1.Protocol
	// AppProtocol is the application protocol; nil is unset.
	AppProtocol *string
	// Port is the number clients dial, 1 to 65535. It is never a targetPort or a nodePort.
	Port int32
}

// Slice is the part of one EndpointSlice that crosses clusters. What has a meaning only inside the source cluster
// (targetRef, hints) does not.
type Slice struct {
	// Name is the EndpointSlice's name in the source cluster.
	Name string
	// AddressType is IPv4 or IPv6: FQDN slices do not cross clusters.
	AddressType discoveryv1.AddressType
	// Ports are those the endpoints listen on: target ports, joined to the service's ports by name.
	Ports []SlicePort
	// Endpoints are in the source's order.
	Endpoints []Endpoint
	// Triggered is when the change that the slice shows happened in the source cluster, as the EndpointSlice controller
	// states it; zero where it does not. It serves measurement only.
	Triggered time.Time
}

// SlicePort is one port of a Slice.
type SlicePort struct {
	// Name is the service port's name, "" for an unnamed one.
	Name string
	// Protocol is TCP, UDP or SCTP; "" is TCP.
	Protocol corev1.Protocol
	// AppProtocol is the application protocol; nil is unset.
	AppProtocol *string
	// Port is the number the endpoints listen on; nil where the API object has none.
	Port *int32
}

// Endpoint is one endpoint of a Slice.
type Endpoint struct {
	// Addresses are IP addresses of the Slice's AddressType in canonical text.
	Addresses []string
	// Hostname is the pod's hostname where the Service gives it one, else "".
	Hostname string
	// Zone is the topology zone in the source cluster, else "".
	Zone string
	// NodeName is the node the endpoint runs on, known only of this cluster's own endpoints: it means nothing elsewhere and does
	// not leave the cluster. A proxy needs it to keep traffic on its node.
	NodeName string
	// Ready, Serving and Terminating are the endpoint's conditions as the source states them. A nil Ready is ready.
	Ready, Serving, Terminating *bool
}
