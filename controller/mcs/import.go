package mcs

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// Import is what all exports of one name amount to in an importing cluster: the result of [Merge], the same bytes in every
// cluster that sees the same exports and serves the same address families. The importer turns it into API objects.
//
// The zero value, and any Import without a Type, says that nothing is exported under the name: see Exists.
type Import struct {
	// Key is the namespace and name of the ServiceImport.
	Key types.NamespacedName
	// Type is ClusterSetIP or Headless: the oldest export's.
	Type mcsv1beta1.ServiceImportType
	// Ports is the union of the exports' ports. It is empty, never nil, for a service without ports.
	Ports []Port
	// IPFamilies are the oldest export's, in its order. They are not yet limited to what this cluster serves: see Serves.
	IPFamilies []corev1.IPFamily
	// SessionAffinity is None or ClientIP, never "".
	SessionAffinity corev1.ServiceAffinity
	// AffinityTimeout is the seconds a ClientIP affinity holds; nil under None.
	AffinityTimeout *int32
	// InternalTrafficPolicy is Cluster or Local; nil where the oldest export has none.
	InternalTrafficPolicy *corev1.ServiceInternalTrafficPolicy
	// TrafficDistribution is the oldest export's.
	TrafficDistribution *string
	// Labels and Annotations are the oldest export's whole maps.
	Labels, Annotations map[string]string
	// Clusters are the members with a valid export, sorted. Only [Frozen] makes an import that exists and has none.
	Clusters []ClusterID
	// Conflicts are the properties on which exports disagree, at most one for each reason, sorted by reason.
	Conflicts []Conflict
	// Slices are the endpoints of all clusters, each with only those ports that both its cluster and the import have,
	// under the import's names.
	Slices []ImportedSlice
}

// ImportedSlice is one source EndpointSlice as an importing cluster shall have it.
type ImportedSlice struct {
	// Cluster is the member the endpoints run in.
	Cluster ClusterID
	// Slice has its ports filtered and renamed to the Import's; Slice.Name is still the source's.
	Slice
}

// Conflict is one property on which the exports of a name disagree (KEP-1645, "Constraints and Conflict Resolution").
type Conflict struct {
	// Reason is one of the API's reasons, such as PortConflict.
	Reason mcsv1beta1.ServiceExportConditionReason
	// Field is the property in words, as the message names it, with the ports, keys or families that are disputed of it, of which
	// it names a few: "ports admin, http".
	Field string
	// Using is the oldest export's value in words, shortened if it is long, "" where it has none. It is what stands; of ports, to
	// which those of the other exports are added, it is what stands against them.
	Using string
	// Winner is the cluster whose export is the oldest and whose value therefore stands.
	Winner ClusterID
	// Disagree of Total clusters have another value.
	Disagree, Total int
}

// Exists reports whether anything is exported under the name. It is false for the zero value and for the result of a [Merge]
// without a valid export.
func (imp Import) Exists() bool { return imp.Type != "" }

// Serves returns those of the import's families, in their order, that a cluster supports. It is empty where the import cannot be
// served at all, which is the Ready reason IPFamilyNotSupported (KEP-1645, "Importing Services").
func (imp Import) Serves(supported []corev1.IPFamily) []corev1.IPFamily {
	var served []corev1.IPFamily
	for _, family := range imp.IPFamilies {
		if slices.Contains(supported, family) {
			served = append(served, family)
		}
	}
	return served
}
