package explain

import (
	"net/netip"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	hubv1alpha1 "github.com/multicluster-dns/multicluster-dns/controller/hub/api/v1alpha1"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// Sight is how a look at something ended.
type Sight int

// The sights. The zero value is Unlooked.
const (
	// Unlooked is a thing that nobody looked at.
	Unlooked Sight = iota
	// Seen is a thing that was read. One that does not exist is Seen too, as nil.
	Seen
	// Forbidden is a thing that this user may not read.
	Forbidden
	// Unreachable is a thing in a cluster that did not answer.
	Unreachable
	// Unserved is a thing of a kind that the API server does not know.
	Unserved
)

// Fact is what was found where somebody looked.
type Fact[T any] struct {
	Sight Sight
	// Value is what was seen; the zero value unless Sight is Seen.
	Value T
	// Detail says in words why nothing was seen.
	Detail string
}

// See returns the fact that value was seen.
func See[T any](value T) Fact[T] { return Fact[T]{Sight: Seen, Value: value} }

// seen says whether anything may be concluded from the fact.
func (f Fact[T]) seen() bool { return f.Sight == Seen }

// Facts are everything that is known about one question.
type Facts struct {
	// Now is the time by which ages are told.
	Now time.Time
	// Question is what was asked.
	Question Question
	// Importer is the cluster in which it was asked.
	Importer Importer
	// Hub is where members meet.
	Hub Hub
	// Members are the members of the clusterset, and clusters of the kubeconfig that export the name without being one. They are
	// sorted by id; the importer is among them where it is a member.
	Members []Member
}

// Importer is the cluster in which the question was asked.
type Importer struct {
	// Context leads to it, ID is its cluster id ("" where the hub does not know it).
	Context string
	ID      mcs.ClusterID
	// Pod is the pod that asks; not looked at where none was named.
	Pod Fact[*corev1.Pod]
	// Resolver is the pod's /etc/resolv.conf, or what Kubernetes gives a pod by default.
	Resolver Resolver
	// Answers are what servers said: first the one on the asker's way, then others of the same cluster.
	Answers []Answer
	// Named says that the first server is one that the asker named, which need not be the cluster's own.
	Named bool
	// Searched are the answers to the names that the resolver tries before the one that was meant.
	Searched []Answer
	// Version is what the first server says of dns-version in the zone, by which the zone's own server is known.
	Version Answer
	// Corefile is the text of the DNS server's configuration with the files that it takes in and that could be read, and CorefileAt where
	// it stands.
	Corefile   Fact[string]
	CorefileAt string
	// DNSPods are the pods behind the cluster's DNS Service.
	DNSPods Fact[[]corev1.Pod]
	// Account is the ServiceAccount that the DNS server reads the API with, namespace/name, and Missing the rights it lacks, as
	// "list serviceimports.multicluster.x-k8s.io".
	Account string
	Missing Fact[[]string]
	// Beside says whether the zone is served by a CoreDNS of ours beside the cluster's own, rather than by that.
	Beside Fact[bool]
	// BesideIPs are the addresses of that server's Service, BesidePods its pods, BesideCorefile is its configuration and BesideAt where it
	// stands.
	BesideIPs      []string
	BesidePods     Fact[[]corev1.Pod]
	BesideCorefile Fact[string]
	BesideAt       string
	// Versions are the versions of ServiceImport that are served.
	Versions Fact[[]string]

	Namespace Fact[*corev1.Namespace]
	Import    Fact[*mcsv1beta1.ServiceImport]
	Derived   Fact[*corev1.Service]
	// Slices are the imported EndpointSlices of the name.
	Slices Fact[[]discoveryv1.EndpointSlice]
	// PodCIDRs are the ranges of this cluster's own pods.
	PodCIDRs Fact[[]netip.Prefix]
	// Policies are the NetworkPolicies of the pod's namespace.
	Policies Fact[[]networkingv1.NetworkPolicy]
}

// Resolver is how a pod turns a name into queries.
type Resolver struct {
	// Assumed says that nobody looked into the pod: these are Kubernetes' defaults.
	Assumed bool
	// Why says why nobody did, "" where no pod was named.
	Why         string
	Nameservers []string
	Search      []string
	// Ndots is how many dots a name needs to be tried as it is before it is searched; 0 is [DefaultNdots].
	Ndots int
}

// DefaultNdots is the ndots that Kubernetes gives a pod.
const DefaultNdots = 5

// Hub is where members meet.
type Hub struct {
	// Context leads to it, "" if none is known to.
	Context string
	// Namespace is the registry's.
	Namespace string
	// Registry says whether it was read.
	Registry Fact[struct{}]
	// Excluded are the profiles that register no member.
	Excluded []membership.Excluded
}

// Member is one cluster as far as the name is concerned.
type Member struct {
	ID mcs.ClusterID
	// Context leads to it, "" if none is known to.
	Context string
	// HubNamespace is its own on the hub, "" for a cluster that is not registered.
	HubNamespace string
	// API says whether its API server answers us.
	API Fact[struct{}]
	// UID is that of its kube-system namespace.
	UID string

	// On the hub: its sign of life, its record of the service, and its account.
	Lease      Fact[*coordinationv1.Lease]
	Record     Fact[*hubv1alpha1.ExportedService]
	AccountUID Fact[string]

	// In its cluster.
	Credential Fact[Credential]
	Export     Fact[*mcsv1beta1.ServiceExport]
	Service    Fact[*corev1.Service]
	Slices     Fact[[]discoveryv1.EndpointSlice]
	Pods       Fact[[]corev1.Pod]
	Workloads  Fact[[]Workload]
	Controller Fact[*appsv1.Deployment]
	// Neighbours are the names of the Services in the namespace, for a name that is nearly one.
	Neighbours Fact[[]string]
}

// Credential is what a member shows the hub, as far as its token tells.
type Credential struct {
	// Secret is where it is kept, namespace/name; "" where there is none.
	Secret string
	// AccountUID is the UID of the ServiceAccount it is for, "" where it does not say.
	AccountUID string
	// Expires is when it ends, zero for never.
	Expires time.Time
}

// Workload is what keeps the pods of a Service.
type Workload struct {
	Kind, Name      string
	Replicas, Ready int32
}
