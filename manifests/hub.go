package manifests

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// DefaultClustersetNamespace is the namespace of the registry on the hub in the files as they are.
const DefaultClustersetNamespace = "mcs-clusterset"

// Hub returns the objects that make a cluster the hub of a clusterset without members: the CustomResourceDefinitions, the
// clusterset's namespace, and the rights of members to read. They are in the order in which they can be created.
func Hub(clustersetNamespace string) ([]*unstructured.Unstructured, error) {
	if err := namespaceName(clustersetNamespace); err != nil {
		return nil, err
	}
	objects, err := HubCRDs()
	if err != nil {
		return nil, err
	}
	clusterset, err := filled("hub/clusterset.yaml", strings.NewReplacer(DefaultClustersetNamespace, clustersetNamespace))
	return append(objects, clusterset...), err
}

// Registration is one member's place on the hub.
type Registration struct {
	// Objects make the place, in the order in which they can be created; the last registers the member.
	Objects []*unstructured.Unstructured
	// Namespace is the member's own: it keeps its records and its Lease there, and writes nowhere else.
	Namespace string
	// ServiceAccount is the member's identity. It lies in the clusterset's namespace, whose ServiceAccounts as a group are all
	// members.
	ServiceAccount types.NamespacedName
}

// Member returns what the hub's administrator creates so that the cluster id becomes a member of the clusterset whose registry is
// in the given namespace. An error says which of the two is no valid name.
func Member(id, clustersetNamespace string) (Registration, error) {
	cluster, err := mcs.ParseClusterID(id)
	if err != nil {
		return Registration{}, fmt.Errorf("registering a member: %w", err)
	}
	if err := namespaceName(clustersetNamespace); err != nil {
		return Registration{}, fmt.Errorf("registering member %q: %w", id, err)
	}
	registration := Registration{
		Namespace:      membership.HubNamespace(cluster),
		ServiceAccount: types.NamespacedName{Namespace: clustersetNamespace, Name: id},
	}
	registration.Objects, err = filled("hub/member.yaml", strings.NewReplacer(
		"${CLUSTER_ID}", id,
		"${HUB_NAMESPACE}", registration.Namespace,
		"${CLUSTERSET_NAMESPACE}", clustersetNamespace,
	))
	return registration, err
}

// namespaceName refuses what cannot name a namespace: it is about to be written into YAML.
func namespaceName(name string) error {
	if problems := validation.IsDNS1123Label(name); len(problems) > 0 {
		return fmt.Errorf("%q is not the name of a namespace: %s", name, strings.Join(problems, "; "))
	}
	return nil
}
