package rules

import (
	"net/netip"
	"time"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// Fact is what a cluster said when it was asked: a value, or why there is none. The zero value is an empty value.
type Fact[T any] struct {
	Value T
	Err   error
}

// Facts are all that the rules are told.
type Facts struct {
	// ID is the cluster id to join under.
	ID string
	// Replace says that a cluster which holds the id now is to give it up.
	Replace bool
	// Now is the time by the clock of whoever asks, and Forget the silence after which a member counts as gone.
	Now    time.Time
	Forget time.Duration

	// Member is the cluster that joins.
	Member Side
	// Hub is the hub. Its Context is "" where it is not at hand; then nothing else of it is set.
	Hub Side
	// HubServer is the URL at which the member's pods would reach the hub; "" where it is not known yet.
	HubServer string
	// HubAnswer is why there is no answer at HubServer from where the command runs; nil where there is one.
	HubAnswer error
	// HubNow is the URL of the hub that the member's programs have been told already; "" for none.
	HubNow Fact[string]
	// HubIsMember says that the hub is the very cluster that joins.
	HubIsMember bool

	// UID is that of the member's kube-system namespace.
	UID Fact[string]
	// Stated is the id that the member states of itself by the About API, "" for none.
	Stated Fact[string]
	// Registered are the members by the hub's registry.
	Registered Fact[[]Registered]
	// ForeignImports counts ServiceImports in the member that somebody else maintains.
	ForeignImports Fact[int]
	// Networks are the member's own address ranges, and Peers those of other members, as far as they are known.
	Networks Fact[Networks]
	Peers    []Peer
	// DNS is what is known of the member's DNS server.
	DNS Fact[DNS]
	// Taken are the Services to write that are somebody else's, as namespace/name.
	Taken Fact[[]string]
	// Refused is what the member's API server has against the addresses that are asked for Services to write.
	Refused Fact[[]string]
}

// Side is what is asked of the member and of the hub alike.
type Side struct {
	// Context is the kubeconfig's name for the cluster.
	Context string
	// Version is Kubernetes', such as v1.36.3.
	Version Fact[string]
	// Definitions are the CustomResourceDefinitions needed, whether they are there or not.
	Definitions Fact[[]Definition]
	// Rights are those needed, whether held or not.
	Rights Fact[[]Right]
}

// Definition is a CustomResourceDefinition that is needed.
type Definition struct {
	// Name is its name.
	Name string
	// Speaks are the versions that would do.
	Speaks []string
	// Found says that it is there, Going that it is being deleted.
	Found, Going bool
	// Served are the versions that are served.
	Served []string
	// Ours says that it was installed by this program, which then keeps it up to date.
	Ours bool
}

// Right is something that whoever joins must be allowed to do.
type Right struct {
	// Verb and Resource say it as RBAC does: "create", "deployments.apps". Namespace is "" for what has none.
	Verb, Resource, Namespace string
	// Allowed is the API server's answer.
	Allowed bool
}

// Registered is one member by the registry.
type Registered struct {
	// ID is the member's id.
	ID mcs.ClusterID
	// Holder is the UID of the kube-system namespace of the cluster that renews its Lease; "" while none does.
	Holder string
	// Renewed is when that was last, by the member's clock.
	Renewed time.Time
}

// Networks are the address ranges of a cluster, as far as it shows them.
type Networks struct {
	Pods, Services []netip.Prefix
}

// Peer is what is known of another member's addresses.
type Peer struct {
	// ID is the member's id.
	ID mcs.ClusterID
	// Networks are its ranges, where a context leads to it.
	Networks Networks
	// Exported are addresses of endpoints it exports, as the hub has them.
	Exported []netip.Addr
}

// DNS is what is known of a cluster's DNS server.
type DNS struct {
	// Version is CoreDNS' by its image, "" where there is no CoreDNS of the usual name.
	Version string
	// InTree says that its kubernetes plugin already serves clusterset zones.
	InTree bool
}
