package importer

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// step is what is to be done to one object.
type step int

const (
	leave step = iota
	create
	update
	remove
	// recreate removes the object and creates the one that takes its place.
	recreate
)

// servicePlan is what is to be written for the derived Service.
type servicePlan struct {
	step step
	// there is the Service to remove or to take the place of.
	there *corev1.Service
	// object is the Service to write.
	object *corev1.Service
	// foreign is set when the derived name is taken by a Service that is not ours.
	foreign bool
}

// holds says whether there is a Service of ours under the derived name once the plan is carried out, given the one that is there now.
func (p servicePlan) holds(there *corev1.Service) bool {
	switch p.step {
	case create, update, recreate:
		return true
	case remove:
		return false
	}
	return there != nil && !p.foreign
}

// planService compares the Service under the derived name with what the import needs. families are those of the import that this
// cluster supports, in the import's order; ips are those the ServiceImport has had, which a Service made anew takes back.
//
//	there               needed   then
//	none                no       leave
//	none                yes      create, with the IPs of before
//	not ours            -        leave, foreign
//	being deleted       -        leave, until it is gone
//	ours                no       remove
//	ours, other kind    yes      recreate: without a cluster IP, or with a first family that is no longer the import's
//	ours, equal         yes      leave
//	ours, differs       yes      update; a family is added, never taken away
func planService(there *corev1.Service, imp mcs.Import, key types.NamespacedName, families []corev1.IPFamily, ips []string) servicePlan {
	needed := needsService(imp, families)
	switch {
	case there == nil && needed:
		return servicePlan{step: create, object: newService(imp, key, families, ips)}
	case there == nil:
		return servicePlan{}
	case !isOurs(there.Labels):
		return servicePlan{foreign: true}
	case there.DeletionTimestamp != nil:
		return servicePlan{}
	case !needed:
		return servicePlan{step: remove, there: there}
	case len(there.Spec.IPFamilies) == 0 || !slices.Contains(families, there.Spec.IPFamilies[0]) || !hasIP(there):
		return servicePlan{step: recreate, there: there, object: newService(imp, key, families, ips)}
	}
	next := there.DeepCopy()
	next.Labels = merged(there.Labels, serviceLabels(key))
	shape(&next.Spec, imp)
	next.Spec.IPFamilies = slices.Clone(there.Spec.IPFamilies)
	for _, family := range families {
		if !slices.Contains(next.Spec.IPFamilies, family) {
			next.Spec.IPFamilies = append(next.Spec.IPFamilies, family)
		}
	}
	next.Spec.IPFamilyPolicy = policyFor(next.Spec.IPFamilies)
	if equality.Semantic.DeepEqual(there.Spec, next.Spec) && holds(there.Labels, next.Labels) {
		return servicePlan{}
	}
	return servicePlan{step: update, object: next}
}

// needsService says whether an import has an IP here, for a Service to hold. Without a port there can be no such Service.
func needsService(imp mcs.Import, families []corev1.IPFamily) bool {
	return imp.Exists() && imp.Type == mcsv1beta1.ClusterSetIP && len(families) > 0 && len(imp.Ports) > 0
}

func newService(imp mcs.Import, key types.NamespacedName, families []corev1.IPFamily, ips []string) *corev1.Service {
	made := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: key.Namespace,
			Name:      mcs.DerivedServiceName(key),
			Labels:    serviceLabels(key),
		},
	}
	shape(&made.Spec, imp)
	made.Spec.IPFamilies = families
	made.Spec.IPFamilyPolicy = policyFor(families)
	for _, family := range families {
		ip := firstOf(ips, family)
		if ip == "" {
			break // An IP for the second family only cannot be asked for.
		}
		made.Spec.ClusterIPs = append(made.Spec.ClusterIPs, ip)
	}
	if len(made.Spec.ClusterIPs) > 0 {
		made.Spec.ClusterIP = made.Spec.ClusterIPs[0]
	}
	return made
}

// shape sets those fields of a Service's spec that follow from the import, with the API's defaults spelled out, and unsets those
// that would make more of it than the holder of an IP. It has no selector: its endpoints are the imported slices. It carries no
// trafficDistribution, since proxies read the slices' hints, and older API servers refuse newer values.
func shape(spec *corev1.ServiceSpec, imp mcs.Import) {
	spec.Type = corev1.ServiceTypeClusterIP
	spec.Selector = nil
	spec.ExternalIPs = nil
	spec.PublishNotReadyAddresses = false
	spec.TrafficDistribution = nil
	spec.SessionAffinity = imp.SessionAffinity
	spec.SessionAffinityConfig = affinityConfig(imp)
	spec.InternalTrafficPolicy = new(corev1.ServiceInternalTrafficPolicyCluster)
	if imp.InternalTrafficPolicy != nil {
		spec.InternalTrafficPolicy = imp.InternalTrafficPolicy
	}
	spec.Ports = make([]corev1.ServicePort, len(imp.Ports))
	for i, p := range imp.Ports {
		spec.Ports[i] = corev1.ServicePort{
			Name: p.Name, Protocol: p.Protocol, AppProtocol: p.AppProtocol, Port: p.Port, TargetPort: intstr.FromInt32(p.Port),
		}
		if p.Protocol == "" {
			spec.Ports[i].Protocol = corev1.ProtocolTCP
		}
	}
}

func affinityConfig(imp mcs.Import) *corev1.SessionAffinityConfig {
	if imp.AffinityTimeout == nil {
		return nil
	}
	return &corev1.SessionAffinityConfig{ClientIP: &corev1.ClientIPConfig{TimeoutSeconds: imp.AffinityTimeout}}
}

// serviceLabels mark a derived Service as ours and name the import it stands for.
func serviceLabels(key types.NamespacedName) map[string]string {
	return map[string]string{mcs.LabelManagedBy: mcs.ManagedBy, mcsv1beta1.LabelServiceName: key.Name}
}

func policyFor(families []corev1.IPFamily) *corev1.IPFamilyPolicy {
	if len(families) > 1 {
		return new(corev1.IPFamilyPolicyRequireDualStack)
	}
	return new(corev1.IPFamilyPolicySingleStack)
}

func hasIP(service *corev1.Service) bool {
	return len(service.Spec.ClusterIPs) > 0 && service.Spec.ClusterIPs[0] != corev1.ClusterIPNone && service.Spec.ClusterIPs[0] != ""
}

// importIPs are the IPs of a ServiceImport of those families: the derived Service's, in the order of the families. A Service may
// have a family more than the import, which is kept for as long as the import lives and not shown.
func importIPs(clusterIPs []string, families []corev1.IPFamily) []string {
	var ips []string
	for _, family := range families {
		if ip := firstOf(clusterIPs, family); ip != "" {
			ips = append(ips, ip)
		}
	}
	return ips
}

// firstOf returns the first of ips that is an address of family, "" for none.
func firstOf(ips []string, family corev1.IPFamily) string {
	for _, ip := range ips {
		if address, err := netip.ParseAddr(ip); err == nil && address.Is4() == (family == corev1.IPv4Protocol) {
			return ip
		}
	}
	return ""
}
