package health

import (
	"time"

	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// Facts is what was read of a clusterset. Whatever could not be read is named in an Unread and otherwise as if it were empty, so that
// nothing is concluded from it.
type Facts struct {
	// Now is the time on the hub's clock.
	Now time.Time
	// Hub is the hub's context; "" where only contexts were read, without the clusterset they are in.
	Hub string
	// HubErr is why the hub was not read; "" if it was, or if no context leads to one.
	HubErr string
	// HubUID is the UID of the hub's kube-system namespace; "" if it is not known.
	HubUID string
	// Namespace is the registry's on the hub.
	Namespace string
	// Registered is how many members the registry has.
	Registered int
	// Members are the registered members, or those of them that are asked about, sorted by id.
	Members []MemberFacts
	// Excluded are profiles that register no member.
	Excluded []membership.Excluded
	// Unreachable are contexts whose cluster did not answer, and why.
	Unreachable map[string]string
}

// MemberFacts is what was read of one member.
type MemberFacts struct {
	// ID is the member's cluster id.
	ID mcs.ClusterID
	// HubNamespace is its own on the hub; "" where only its context was read.
	HubNamespace string
	// Context leads to its cluster; "" where none does.
	Context string
	// Skipped is a member whose cluster was not to be read.
	Skipped bool
	// Lease is its sign of life.
	Lease LeaseFacts
	// Kubernetes is the version of its API server, such as "v1.36.3".
	Kubernetes string
	// Controller and DNS are the deployments that run there, DNS pods first.
	Controller, DNS Workload
	// Answer is what its DNS server said when asked for the version of the clusterset zone.
	Answer Answer
	// Lag is within which time 99 % of the endpoint changes of the last minutes arrived; zero where none did, or where it is not known.
	Lag time.Duration
	// Leader is the controller's election.
	Leader LeaseFacts
	// Credential is how its controller reaches the hub.
	Credential Credential
	// Namespaces are those of its cluster.
	Namespaces map[string]bool
	// Exports and Imports are those of its cluster.
	Exports []mcsv1beta1.ServiceExport
	Imports []mcsv1beta1.ServiceImport
	// Endpoints are those of its imported slices.
	Endpoints []Endpoints
	// Stated is the id that the cluster states of itself; "" for none.
	Stated string
	// Served are the kinds of the Multi-Cluster Services API that are served as v1beta1, by their plural names.
	Served []string
	// Lacking are permissions that are shipped for our programs and not granted there, such as "list serviceimports.multicluster.x-k8s.io".
	Lacking []string
	// Unserved is what of the cluster could not be read because its API server does not know the kind, such as "serviceimports".
	Unserved []string
	// Unread is what of the cluster could not be read, such as "serviceexports", and why.
	Unread map[string]string
}

// LeaseFacts is what a Lease says and what was seen of it. The zero value is a Lease that is not there.
type LeaseFacts struct {
	// Holder is who holds it.
	Holder string
	// Renewed is when it was last renewed, by its holder's clock; zero is never.
	Renewed time.Time
	// Mark is the holder's word that it has published in full.
	Mark membership.Mark
	// Watched is for how long it was looked at; zero where it was read once.
	Watched time.Duration
	// Moved is whether it was renewed while it was looked at.
	Moved bool
}

// Workload is one of our programs as it runs in a cluster. The zero value is one that was not found there: it may run as a process.
type Workload struct {
	// Name is the Deployment's or DaemonSet's, namespace first.
	Name string
	// Image is that of its first container.
	Image string
	// Ready of Wanted pods are ready.
	Ready, Wanted int32
}

// Answer is what a DNS server answered. The zero value was not asked.
type Answer struct {
	// Server is where it was asked.
	Server string
	// Text is what it said, such as "1.0.0"; "" where Err says what went wrong.
	Text string
	// Took is how long it took.
	Took time.Duration
	// Err is what went wrong; "" for nothing.
	Err string
}

// Credential is what a member shows to the hub.
type Credential struct {
	// Known is whether it could be read.
	Known bool
	// Issued is when it was made; zero is not known.
	Issued time.Time
	// Expires is when it ends; zero is never.
	Expires time.Time
}

// Endpoints are those of one imported service from one member.
type Endpoints struct {
	// Namespace and Service name the import; Source is the member that exports it.
	Namespace, Service string
	Source             mcs.ClusterID
	// Ready of Total endpoints are ready; SteppedBack are neither ready nor serving.
	Ready, Total, SteppedBack int
}
