package membership

import (
	"cmp"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// Well-known property names of the About API (KEP-2149).
const (
	// PropertyClusterID is a cluster's own statement of its id.
	PropertyClusterID = "cluster.clusterset.k8s.io"
	// PropertyClusterset is a cluster's own statement of the clusterset it belongs to.
	PropertyClusterset = "clusterset.k8s.io"
)

// Labels of a ClusterProfile that registers a member.
const (
	// LabelHubNamespace names the namespace on the hub that is the member's own.
	LabelHubNamespace = mcs.Domain + "/hub-namespace"
	// LabelMemberID carries the member's id where another manager names the profiles (KEP-4322). Without it the profile's
	// name is the id.
	LabelMemberID = "multicluster.x-k8s.io/inventory-member-id"
	// LabelClusterManager repeats the profile's spec.clusterManager.name (KEP-4322).
	LabelClusterManager = "x-k8s.io/cluster-manager"
)

// Member is one registered member of the clusterset.
type Member struct {
	// ID is the member's cluster id.
	ID mcs.ClusterID
	// Namespace is the member's own namespace on the hub.
	Namespace string
	// State says whether the member is alive, as far as this cluster has seen. It is Unknown in what [Clusterset] returns.
	State State
}

// Excluded is a ClusterProfile that registers no member, and why.
type Excluded struct {
	// Profile is the profile's name.
	Profile string
	// Reason is a sentence for people.
	Reason string
}

// Clusterset returns the members that the profiles register, sorted by id, and the profiles that register none, sorted by
// name. The clusterset's name is compared with the members' own statements; "" compares nothing.
//
// A profile is excluded if its id is not a cluster id, if it names no hub namespace, if the cluster states another id or
// clusterset of itself than it is registered with, or if an older profile has the same id or the same hub namespace. All
// profiles are taken to be of the one namespace that holds the registry.
func Clusterset(profiles []ClusterProfile, clusterset string) ([]Member, []Excluded) {
	ordered := slices.Clone(profiles)
	slices.SortFunc(ordered, func(a, b ClusterProfile) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})

	var members []Member
	var excluded []Excluded
	byID, byNamespace := map[mcs.ClusterID]string{}, map[string]string{}
	for i := range ordered {
		profile := &ordered[i]
		member, err := register(profile, clusterset)
		if err == nil {
			if older, taken := byID[member.ID]; taken {
				err = fmt.Errorf("the older profile %q has the same cluster id %q", older, member.ID)
			} else if older, taken := byNamespace[member.Namespace]; taken {
				err = fmt.Errorf("the older profile %q has the same hub namespace %q", older, member.Namespace)
			}
		}
		if err != nil {
			excluded = append(excluded, Excluded{Profile: profile.Name, Reason: err.Error()})
			continue
		}
		byID[member.ID], byNamespace[member.Namespace] = profile.Name, profile.Name
		members = append(members, member)
	}
	slices.SortFunc(members, func(a, b Member) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(excluded, func(a, b Excluded) int { return cmp.Compare(a.Profile, b.Profile) })
	return members, excluded
}

// register judges one profile by itself.
func register(profile *ClusterProfile, clusterset string) (Member, error) {
	stated := cmp.Or(profile.Labels[LabelMemberID], profile.Name)
	id, err := mcs.ParseClusterID(stated)
	if err != nil {
		return Member{}, err
	}
	namespace := profile.Labels[LabelHubNamespace]
	switch problems := validation.IsDNS1123Label(namespace); {
	case namespace == "":
		return Member{}, fmt.Errorf("the label %s is missing", LabelHubNamespace)
	case len(problems) > 0:
		return Member{}, fmt.Errorf("the label %s has the value %q, which is no namespace name", LabelHubNamespace, namespace)
	case namespace == profile.Namespace:
		return Member{}, fmt.Errorf("the label %s names the registry's own namespace %q", LabelHubNamespace, namespace)
	}
	for _, property := range profile.Status.Properties {
		switch {
		case property.Name == PropertyClusterID && property.Value != string(id):
			return Member{}, fmt.Errorf("the cluster states the id %q of itself and is registered as %q", property.Value, id)
		case property.Name == PropertyClusterset && clusterset != "" && property.Value != clusterset:
			return Member{}, fmt.Errorf("the cluster states that it belongs to the clusterset %q, and this is %q", property.Value, clusterset)
		}
	}
	return Member{ID: id, Namespace: namespace}, nil
}
