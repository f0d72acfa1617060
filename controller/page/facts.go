package page

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// Facts are what the page shows, as one controller knows them at one time.
type Facts struct {
	// At is when the facts were gathered.
	At time.Time
	// Self is this cluster's id.
	Self mcs.ClusterID
	// Working says whether this replica is the one that works; a replica that waits knows nothing of the hub.
	Working bool
	// Connected and Synced say whether the hub answers and whether everything was read from it.
	Connected, Synced bool
	// Standing is this cluster's own place in the registry.
	Standing membership.Standing
	// Frozen says that nothing is concluded from the silence or absence of members at present.
	Frozen bool
	// Members are the other members, by id.
	Members []Member
	// Excluded are the registrations that make no member.
	Excluded []membership.Excluded
	// Exports are this cluster's ServiceExports, by namespace and name.
	Exports []Export
	// Imports are this cluster's ServiceImports, by namespace and name.
	Imports []Import
	// Propagation are the last minutes, the oldest first.
	Propagation []Interval
}

// Member is another cluster of the clusterset.
type Member struct {
	// ID is its cluster id.
	ID mcs.ClusterID
	// State is whether it is alive, as far as this cluster has seen.
	State membership.State
	// Heard is when it was heard last; zero if never.
	Heard time.Time
	// Slices and Endpoints are what is imported from it, Ready those of the endpoints that are ready.
	Slices, Endpoints, Ready int
}

// Export is one ServiceExport.
type Export struct {
	// Key is its namespace and name.
	Key types.NamespacedName
	// Created is when it was created.
	Created time.Time
	// Valid, Ready and Conflict are its conditions; one that is not set yet has no Status.
	Valid, Ready, Conflict Condition
}

// Condition is a condition in short.
type Condition struct {
	// Status is True, False or Unknown, "" for one not set.
	Status string
	// Reason and Message are the condition's.
	Reason, Message string
}

// Import is one ServiceImport with what belongs to it.
type Import struct {
	// Key is its namespace and name.
	Key types.NamespacedName
	// Headless says that the name answers with its endpoints, and not with IPs.
	Headless bool
	// IPs are those of the whole clusterset's service in this cluster.
	IPs []string
	// Ports are in words, such as "http 80/TCP".
	Ports []string
	// Clusters are the members that export it.
	Clusters []string
	// Ready is its condition.
	Ready Condition
	// Sources are the endpoints by source cluster.
	Sources []Source
	// Ours says whether this controller made it.
	Ours bool
}

// Source is what one cluster contributes to an import.
type Source struct {
	// Cluster is the source's id.
	Cluster string
	// Endpoints and Ready count them.
	Endpoints, Ready int
	// Addresses are a few of the ready ones.
	Addresses []string
}

// Interval is how long endpoint changes took that arrived in one interval of time.
type Interval struct {
	// End is when the interval ended.
	End time.Time
	// Changes is how many arrived.
	Changes uint64
	// Median and P99 are times from the change in the source cluster to the write in this one, no finer than the buckets of the
	// histogram; zero where nothing arrived.
	Median, P99 time.Duration
}
