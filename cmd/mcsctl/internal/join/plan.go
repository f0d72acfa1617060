package join

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/credential"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// The ways to run our programs in a member.
const (
	runPods      = "pods"
	runProcesses = "process"
)

// settings are what the objects of a join depend on.
type settings struct {
	id, registry string
	run          string // runPods or runProcesses
	dns          manifests.DNS
	dnsAddress   string
	// Images, "" for those in the manifests.
	controllerImage, coreDNSImage string
	// about is the version of the About API to state the id by; "" is the shipped definition's.
	about string
}

// plan is what a join writes, in the order of the fields.
type plan struct {
	place      []*unstructured.Unstructured // on the hub: namespace, account and rights
	credential *unstructured.Unstructured   // on the hub, which fills it in
	base       []*unstructured.Unstructured // in the member: definitions, the id, accounts, rights, configuration
	workloads  []*unstructured.Unstructured // in the member, when they have what they need
	profile    *unstructured.Unstructured   // on the hub: only now others count the member
	namespace  string                       // the member's own on the hub
}

// newPlan returns what a join writes. It asks nobody.
func newPlan(s settings) (plan, error) {
	registration, err := manifests.Member(s.id, s.registry)
	if err != nil {
		return plan{}, err
	}
	last := len(registration.Objects) - 1
	p := plan{
		place: registration.Objects[:last], profile: registration.Objects[last],
		credential: credential.Secret(s.registry, s.id), namespace: registration.Namespace,
	}
	member, err := memberObjects(s)
	if err != nil {
		return plan{}, err
	}
	for _, object := range member {
		if object.GetKind() == "Deployment" {
			p.workloads = append(p.workloads, object)
		} else {
			p.base = append(p.base, object)
		}
	}
	return p, nil
}

// memberObjects returns all that the member gets but the Secret with the way to the hub.
func memberObjects(s settings) ([]*unstructured.Unstructured, error) {
	if s.run == runProcesses {
		objects, err := manifests.Cluster()
		if err != nil {
			return nil, err
		}
		after := slices.IndexFunc(objects, func(o *unstructured.Unstructured) bool { return o.GetKind() != "CustomResourceDefinition" })
		return slices.Insert(objects, after, statement(s.id, s.about)), nil
	}
	objects, err := manifests.MemberCRDs()
	if err != nil {
		return nil, err
	}
	objects = append(objects, statement(s.id, s.about))
	var arguments []string
	if s.registry != manifests.DefaultClustersetNamespace {
		arguments = append(arguments, "--clusterset-namespace="+s.registry)
	}
	controller, err := manifests.Controller(s.controllerImage, arguments...)
	if err != nil {
		return nil, err
	}
	dns, err := manifests.CoreDNS(s.dns, s.coreDNSImage, s.dnsAddress)
	if err != nil {
		return nil, fmt.Errorf("choosing the DNS server: %w", err)
	}
	return append(append(objects, controller...), dns...), nil
}

// labels mark what this command line made where its name alone does not say so.
var labels = map[string]string{mcs.LabelManagedBy: "mcsctl." + mcs.Domain}

// statement is the member's own statement of its id (KEP-2149).
func statement(id, version string) *unstructured.Unstructured {
	if version == "" {
		version = "v1beta1"
	}
	property := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "about.k8s.io/" + version, "kind": "ClusterProperty", "spec": map[string]any{"value": id},
	}}
	property.SetName(membership.PropertyClusterID)
	property.SetLabels(labels)
	return property
}
