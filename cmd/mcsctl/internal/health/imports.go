package health

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// StateNoEndpoints is an import that can be used and has nobody to answer.
const StateNoEndpoints = "NoEndpoints"

// importOf says how one ServiceImport is.
//
//	Ready                ips or headless  ready endpoints  state
//	False or Unknown     any              any              the reason of Ready
//	True, or none        no ips           any              Pending
//	True, or none        yes              0                NoEndpoints
//	True, or none        yes              1 or more        Ready
func importOf(member MemberFacts, si mcsv1beta1.ServiceImport, counted Endpoints) Import {
	i := Import{
		Cluster: member.ID, Context: member.Context, Namespace: si.Namespace, Name: si.Name,
		Type: string(si.Spec.Type), IPs: si.Spec.IPs, From: []string{}, Ready: counted.Ready, Endpoints: counted.Total, Created: si.CreationTimestamp.Time,
	}
	for _, port := range si.Spec.Ports {
		i.Ports = append(i.Ports, portText(port))
	}
	for _, cluster := range si.Status.Clusters {
		i.From = append(i.From, cluster.Cluster)
	}
	ready := meta.FindStatusCondition(si.Status.Conditions, string(mcsv1beta1.ServiceImportConditionReady))
	_, endpointsUnread := member.Unread["endpointslices"]
	switch {
	case ready != nil && ready.Status != metav1.ConditionTrue:
		i.State, i.Message = ready.Reason, ready.Message
	case si.Spec.Type == mcsv1beta1.ClusterSetIP && len(si.Spec.IPs) == 0:
		i.State, i.Message = string(mcsv1beta1.ServiceImportReasonPending), "it has no IP yet"
	case counted.Ready == 0 && !endpointsUnread:
		i.State, i.Message = StateNoEndpoints, noEndpoints(counted, i.From)
	default:
		i.State, i.Well = StateReady, true
	}
	return i
}

func noEndpoints(counted Endpoints, from []string) string {
	if len(from) == 0 {
		return "no member exports it"
	}
	if counted.Total == 0 {
		return "no endpoints from " + strings.Join(from, ", ")
	}
	return fmt.Sprintf("none of %d endpoints from %s is ready", counted.Total, strings.Join(from, ", "))
}

func portText(port mcsv1beta1.ServicePort) string {
	text := fmt.Sprintf("%d", port.Port)
	if port.Protocol != "" && port.Protocol != "TCP" {
		text += "/" + string(port.Protocol)
	}
	return text
}

func importsOf(facts Facts) []Import {
	imports := []Import{}
	for _, member := range facts.Members {
		counts := map[types.NamespacedName]Endpoints{}
		for _, e := range member.Endpoints {
			key := types.NamespacedName{Namespace: e.Namespace, Name: e.Service}
			sum := counts[key]
			sum.Ready, sum.Total, sum.SteppedBack = sum.Ready+e.Ready, sum.Total+e.Total, sum.SteppedBack+e.SteppedBack
			counts[key] = sum
		}
		for _, si := range member.Imports {
			imports = append(imports, importOf(member, si, counts[types.NamespacedName{Namespace: si.Namespace, Name: si.Name}]))
		}
	}
	slices.SortFunc(imports, func(a, b Import) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Cluster, b.Cluster))
	})
	return imports
}
