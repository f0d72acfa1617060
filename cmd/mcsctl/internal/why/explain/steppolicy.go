package explain

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/shell"
)

// policy judges whether NetworkPolicies let the pod ask. Where no pod was named there is nothing to judge.
func (w *walk) policy() {
	pod := w.Importer.Pod
	switch {
	case pod.Sight == Unlooked:
		return
	case !pod.seen() || pod.Value == nil:
		w.unknown("policy", pod.Detail)
		return
	case !w.Importer.Policies.seen():
		w.unknown("policy", w.Importer.Policies.Detail)
		return
	}
	var selecting []string
	for _, policy := range w.Importer.Policies.Value {
		if !limitsEgress(policy, pod.Value) {
			continue
		}
		selecting = append(selecting, policy.Name)
		if allowsDNS(policy) {
			w.step(OK, "policy", "NetworkPolicy %s lets pod %s/%s ask port 53", policy.Name, pod.Value.Namespace, pod.Value.Name)
			return
		}
	}
	if len(selecting) == 0 {
		w.step(OK, "policy", "no NetworkPolicy limits what pod %s/%s may send", pod.Value.Namespace, pod.Value.Name)
		return
	}
	w.fail("policy", PolicyBlocksDNS, allowDNS(w.Importer.Context, pod.Value.Namespace), "NetworkPolicy %s limits what pod %s/%s may send, and none allows port 53",
		strings.Join(selecting, ", "), pod.Value.Namespace, pod.Value.Name)
}

// limitsEgress says whether a policy selects the pod and is about what it sends.
func limitsEgress(policy networkingv1.NetworkPolicy, pod *corev1.Pod) bool {
	selector, err := metav1.LabelSelectorAsSelector(&policy.Spec.PodSelector)
	if err != nil || !selector.Matches(labels.Set(pod.Labels)) {
		return false
	}
	for _, kind := range policy.Spec.PolicyTypes {
		if kind == networkingv1.PolicyTypeEgress {
			return true
		}
	}
	return false
}

// allowsDNS says whether a rule of the policy is open to port 53. To whom a rule is open is not judged: which of them is the DNS
// server, only the network knows.
func allowsDNS(policy networkingv1.NetworkPolicy) bool {
	for _, rule := range policy.Spec.Egress {
		if len(rule.Ports) == 0 {
			return true
		}
		for _, port := range rule.Ports {
			if covers(port, 53) {
				return true
			}
		}
	}
	return false
}

func covers(port networkingv1.NetworkPolicyPort, number int32) bool {
	switch {
	case port.Port == nil:
		return true
	case port.Port.Type == intstr.String:
		return strings.HasPrefix(port.Port.StrVal, "dns")
	case port.EndPort != nil:
		return port.Port.IntVal <= number && number <= *port.EndPort
	}
	return port.Port.IntVal == number
}

// allowDNS is a policy beside those there are.
func allowDNS(context, namespace string) fix {
	return fix{text: fmt.Sprintf(`kubectl --context %s -n %s apply -f - <<'END'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: allow-dns
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - ports:
        - {protocol: UDP, port: 53}
        - {protocol: TCP, port: 53}
END`, shell.Word(context), shell.Word(namespace))}
}
