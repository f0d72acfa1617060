package manifests

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Names of the accounts that our programs run under in a member cluster, and of what else is ours there.
const (
	// LabelName says on each workload, pod and Service of ours what it belongs to, as app.kubernetes.io/name does everywhere: the value is
	// the name of the Deployment. Others may use our names with another value.
	LabelName = "app.kubernetes.io/name"

	ControllerNamespace      = "multicluster-dns"
	ControllerServiceAccount = "mcs-controller"
	// ControllerDeployment is the controller's, in ControllerNamespace.
	ControllerDeployment = "mcs-controller"
	// HubSecret is the Secret in ControllerNamespace that says how to reach the hub: a kubeconfig under the key HubSecretKey.
	HubSecret    = "mcs-hub"
	HubSecretKey = "kubeconfig"

	CoreDNSNamespace      = "kube-system"
	CoreDNSServiceAccount = "coredns-multicluster"
	// CoreDNSDeployment names CoreDNS' Deployment, ConfigMap and, beside the cluster's own DNS server, Service in CoreDNSNamespace.
	CoreDNSDeployment = "coredns-multicluster"
	// CoreDNSClusterLocal names the ClusterRole of a CoreDNS that answers cluster.local too, and its binding. A member has them where it
	// was installed so, DNSOwn or by hand, and only there.
	CoreDNSClusterLocal = "multicluster-dns:coredns-cluster-local"
)

// Cluster returns the objects that a member cluster needs for our programs to run in it, in whatever way they are started, in the order
// in which they can be created: the CustomResourceDefinitions, then the programs' accounts and exactly the permissions they use.
// CoreDNS may answer cluster.local too.
func Cluster() ([]*unstructured.Unstructured, error) {
	all, err := MemberCRDs()
	if err != nil {
		return nil, err
	}
	rights, err := asIs("controller/rbac.yaml", "coredns/rbac.yaml", "coredns-own/cluster-local.yaml")
	return append(all, rights...), err
}

// Controller returns the controller's account, its permissions and its Deployment, which runs as the given image, the file's if "". The
// arguments are added to the program's own.
func Controller(image string, arguments ...string) ([]*unstructured.Unstructured, error) {
	objects, err := asIs("controller/rbac.yaml", "controller/deployment.yaml")
	if err != nil {
		return nil, err
	}
	return objects, adjust(objects, image, arguments)
}

// DNS is where CoreDNS with the multicluster plugin stands in a member cluster.
type DNS string

// The places of CoreDNS.
const (
	// DNSBeside is a server of its own for the clusterset's zone, to which the cluster's DNS server forwards.
	DNSBeside DNS = "beside"
	// DNSOwn is the cluster's only DNS server.
	DNSOwn DNS = "own"
	// DNSNone installs no server: only the account for one, and its permissions.
	DNSNone DNS = "none"
)

// CoreDNS returns CoreDNS' account, its permissions and, unless it is DNSNone, its server, which runs as the given image, the file's if "".
// The address is that of the Service of DNSOwn, the file's if ""; with a comma between, two of them, in a cluster of both families.
func CoreDNS(place DNS, image, address string) ([]*unstructured.Unstructured, error) {
	names, known := map[DNS][]string{
		DNSBeside: {"coredns/rbac.yaml", "coredns-beside/server.yaml"},
		DNSOwn:    {"coredns/rbac.yaml", "coredns-own/cluster-local.yaml", "coredns-own/server.yaml"},
		DNSNone:   {"coredns/rbac.yaml"},
	}[place]
	if !known {
		return nil, fmt.Errorf("there is no place %q for CoreDNS: choose beside, own or none", place)
	}
	objects, err := asIs(names...)
	if err != nil {
		return nil, err
	}
	for _, object := range objects {
		if object.GetKind() != "Service" || place != DNSOwn || address == "" {
			continue
		}
		addresses := strings.Split(address, ",")
		if err := unstructured.SetNestedField(object.Object, addresses[0], "spec", "clusterIP"); err != nil {
			return nil, fmt.Errorf("setting the address of Service %q: %w", object.GetName(), err)
		}
		if err := unstructured.SetNestedStringSlice(object.Object, addresses, "spec", "clusterIPs"); err != nil {
			return nil, fmt.Errorf("setting the addresses of Service %q: %w", object.GetName(), err)
		}
		if len(addresses) == 1 {
			continue
		}
		if err := unstructured.SetNestedField(object.Object, string(corev1.IPFamilyPolicyPreferDualStack), "spec", "ipFamilyPolicy"); err != nil {
			return nil, fmt.Errorf("setting the families of Service %q: %w", object.GetName(), err)
		}
	}
	return objects, adjust(objects, image, nil)
}

// adjust sets the image and adds arguments in the first container of every Deployment.
func adjust(objects []*unstructured.Unstructured, image string, arguments []string) error {
	for _, object := range objects {
		if object.GetKind() != "Deployment" {
			continue
		}
		path := []string{"spec", "template", "spec", "containers"}
		containers, _, err := unstructured.NestedSlice(object.Object, path...)
		if err != nil {
			return fmt.Errorf("reading the containers of Deployment %q: %w", object.GetName(), err)
		}
		if len(containers) == 0 {
			return fmt.Errorf("reading Deployment %q: there is no container in it", object.GetName())
		}
		container, ok := containers[0].(map[string]any)
		if !ok {
			return fmt.Errorf("reading Deployment %q: its container is a %T", object.GetName(), containers[0])
		}
		if image != "" {
			container["image"] = image
		}
		args, _, err := unstructured.NestedStringSlice(container, "args")
		if err != nil {
			return fmt.Errorf("reading the arguments of Deployment %q: %w", object.GetName(), err)
		}
		if err := unstructured.SetNestedStringSlice(container, append(args, arguments...), "args"); err != nil {
			return fmt.Errorf("setting the arguments of Deployment %q: %w", object.GetName(), err)
		}
		if err := unstructured.SetNestedSlice(object.Object, containers, path...); err != nil {
			return fmt.Errorf("setting the containers of Deployment %q: %w", object.GetName(), err)
		}
	}
	return nil
}
