package explain

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/annotate"
	hubv1alpha1 "github.com/multicluster-dns/multicluster-dns/controller/hub/api/v1alpha1"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// countReady counts the endpoints of a member's own Service.
func countReady(m Member) (ready, total int) {
	for _, slice := range m.Slices.Value {
		for _, endpoint := range slice.Endpoints {
			total++
			if endpoint.Conditions.Ready == nil || *endpoint.Conditions.Ready {
				ready++
			}
		}
	}
	return ready, total
}

// endpoints judges the endpoints of a valid export.
func (w *walk) endpoints(m Member) {
	if !m.Slices.seen() {
		if m.API.Sight != Unreachable {
			w.unknown("endpoints", fmt.Sprintf("%s: %s", m.ID, m.Slices.Detail))
		}
		return
	}
	if ready, total := countReady(m); ready == 0 {
		w.notServing(m, total)
		return
	}
	if slice, details := rejected(m, w.Question); len(details) > 0 {
		w.fail("endpoints", EndpointsRejected, kubectl(m.Context, "-n", w.Question.Namespace, "edit", "endpointslice", slice),
			"%s: left out of the export: %s", m.ID, few(details))
	}
}

// notServing says why no endpoint of a member is ready, as far as its workloads tell.
func (w *walk) notServing(m Member, total int) {
	namespace := w.Question.Namespace
	if total > 0 || len(m.Pods.Value) > 0 {
		selector := "kubernetes.io/service-name=" + w.Question.Service
		kind := "endpointslices"
		if m.Service.Value != nil && len(m.Service.Value.Spec.Selector) > 0 {
			kind, selector = "pods", labels.SelectorFromSet(m.Service.Value.Spec.Selector).String()
		}
		w.fail("endpoints", NotReady, kubectl(m.Context, "-n", namespace, "describe", kind, "-l", selector), "%s: 0 of %s ready", m.ID, plural(max(total, len(m.Pods.Value)), "endpoint"))
		return
	}
	for _, workload := range m.Workloads.Value {
		if workload.Replicas == 0 {
			w.fail("endpoints", NotReady, kubectl(m.Context, "-n", namespace, "scale", strings.ToLower(workload.Kind), workload.Name, "--replicas=1"),
				"%s: %s %s/%s has 0 replicas", m.ID, workload.Kind, namespace, workload.Name)
			return
		}
	}
	w.fail("endpoints", NotReady, kubectl(m.Context, "-n", namespace, "get", "pods", "--show-labels"), "%s: Service %s selects no pod", m.ID, w.Question.Key())
}

// rejected are the endpoints that may not leave their cluster, as the controller judges them, and a slice that has one.
func rejected(m Member, q Question) (slice string, details []string) {
	for _, own := range m.Slices.Value {
		e := mcs.Export{
			Cluster: "x", Key: q.Key(), Type: mcsv1beta1.Headless, IPFamilies: []corev1.IPFamily{corev1.IPv4Protocol, corev1.IPv6Protocol},
			Slices: []mcs.Slice{{Name: own.Name, AddressType: own.AddressType, Endpoints: addressesOf(own)}},
		}
		_, rejections, err := mcs.Sanitize(e)
		if err != nil {
			continue
		}
		for _, r := range rejections {
			slice, details = own.Name, append(details, r.Detail)
		}
	}
	return slice, details
}

func addressesOf(slice discoveryv1.EndpointSlice) []mcs.Endpoint {
	made := make([]mcs.Endpoint, len(slice.Endpoints))
	for i, e := range slice.Endpoints {
		made[i] = mcs.Endpoint{Addresses: e.Addresses, Ready: e.Conditions.Ready}
	}
	return made
}

// conflict judges a conflict by what it takes away from answers: of a type that was lost, of ports and of families. Others are worth
// knowing.
func (w *walk) conflict(m Member, condition metav1.Condition) {
	match := winner.FindStringSubmatch(condition.Message)
	if match == nil || match[1] == string(m.ID) {
		return
	}
	oldest := match[1]
	reasons := strings.Split(condition.Reason, ",")
	for _, reason := range reasons {
		switch mcsv1beta1.ServiceExportConditionReason(reason) {
		case mcsv1beta1.ServiceExportReasonPortConflict:
			w.fail("conflict", PortLost, w.agreeOnPorts(m, oldest), "%s: %s", m.ID, condition.Message)
		case mcsv1beta1.ServiceExportReasonTypeConflict:
			w.fail("conflict", TypeLost, w.withdraw(m), "%s: %s", m.ID, condition.Message)
		case mcsv1beta1.ServiceExportReasonIPFamilyConflict:
			w.fail("conflict", WrongFamily, w.withdraw(m), "%s: %s", m.ID, condition.Message)
		default:
			w.note("%s: %s, which changes no answer: %s", m.ID, reason, condition.Message)
		}
	}
}

// withdraw takes back the export that lost, until it agrees.
func (w *walk) withdraw(m Member) fix {
	key := w.Question.Key()
	if m.Export.Value != nil && m.Export.Value.Labels[mcs.LabelManagedBy] == mcs.ManagedBy {
		return kubectl(m.Context, "-n", key.Namespace, "annotate", "service", key.Name, annotate.DefaultKey+"-")
	}
	return kubectl(m.Context, "-n", key.Namespace, "delete", "serviceexport", key.Name)
}

// agreeOnPorts gives the younger Service the first port of the oldest that differs; where the records do not tell, the export is taken back.
func (w *walk) agreeOnPorts(m Member, oldest string) fix {
	i := slices.IndexFunc(w.Members, func(o Member) bool { return string(o.ID) == oldest })
	if i < 0 || w.Members[i].Record.Value == nil || m.Service.Value == nil {
		return w.withdraw(m)
	}
	type operation struct {
		Op    string `json:"op"`
		Path  string `json:"path"`
		Value any    `json:"value"`
	}
	var patch []operation
	for at, own := range m.Service.Value.Spec.Ports {
		for _, other := range w.Members[i].Record.Value.Spec.Ports {
			switch {
			case own.Protocol != other.Protocol:
			case own.Name == other.Name && own.Port != other.Port:
				patch = append(patch, operation{"replace", fmt.Sprintf("/spec/ports/%d/port", at), other.Port})
			case own.Name != other.Name && own.Port == other.Port:
				patch = append(patch, operation{"replace", fmt.Sprintf("/spec/ports/%d/name", at), other.Name})
			}
		}
	}
	if len(patch) == 0 || portsOf(w.Members[i].Record.Value) != len(m.Service.Value.Spec.Ports) {
		return w.withdraw(m)
	}
	text, err := json.Marshal(patch)
	if err != nil {
		return w.withdraw(m)
	}
	return kubectl(m.Context, "-n", w.Question.Namespace, "patch", "service", w.Question.Service, "--type=json", "-p", string(text))
}

func portsOf(record *hubv1alpha1.ExportedService) int { return len(record.Spec.Ports) }
