package manifests

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Names of the accounts that our programs run under in a member cluster.
const (
	ControllerNamespace      = "multicluster-dns"
	ControllerServiceAccount = "mcs-controller"
	CoreDNSNamespace         = "kube-system"
	CoreDNSServiceAccount    = "coredns-multicluster"
)

// Cluster returns the objects that a member cluster needs for our programs to run in it, in the order in which they can be
// created: the CustomResourceDefinitions, then the programs' accounts and exactly the permissions they use.
func Cluster() ([]*unstructured.Unstructured, error) {
	all, err := MemberCRDs()
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"controller/rbac.yaml", "coredns/rbac.yaml", "coredns/cluster-local.yaml"} {
		objects, err := filled(name, strings.NewReplacer())
		if err != nil {
			return nil, err
		}
		all = append(all, objects...)
	}
	return all, nil
}
