package mcs_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// conditionText is all of a condition in one line. A time of transition, which is the writer's to set, shows.
func conditionText(c metav1.Condition) string {
	text := fmt.Sprintf("%s=%s/%s at %d: %s", c.Type, c.Status, c.Reason, c.ObservedGeneration, c.Message)
	if !c.LastTransitionTime.IsZero() {
		text += " since " + c.LastTransitionTime.String()
	}
	return text
}

func TestConditions(t *testing.T) {
	v4only := []corev1.IPFamily{corev1.IPv4Protocol}
	tests := []struct {
		name string
		spec string
		got  metav1.Condition
		want string
	}{
		{
			name: "a valid export", spec: "ServiceExport API, Valid",
			got:  mcs.ValidCondition(exported("a", 1), 3),
			want: `Valid=True/Valid at 3: Service "shop/web" can be exported.`,
		},
		{
			name: "an export without a Service", spec: "ServiceExport API, NoService",
			got:  mcs.ValidCondition(exported("a", 1, invalid("NoService")), 3),
			want: `Valid=False/NoService at 3: Service "shop/web" does not exist.`,
		},
		{
			name: "an ExternalName Service", spec: "ServiceExport API, InvalidServiceType",
			got:  mcs.ValidCondition(exported("a", 1, invalid("InvalidServiceType")), 3),
			want: `Valid=False/InvalidServiceType at 3: Service "shop/web" is of type ExternalName, which cannot be exported.`,
		},
		{
			name: "a Service of a system namespace", spec: "local: reason NamespaceNotAllowed",
			got:  mcs.ValidCondition(exported("a", 1, invalid(mcs.ReasonNamespaceNotAllowed)), 3),
			want: `Valid=False/NamespaceNotAllowed at 3: Services of namespace "shop" are not exported.`,
		},
		{
			name: "a derived Service", spec: "local: reason DerivedService",
			got:  mcs.ValidCondition(exported("a", 1, invalid(mcs.ReasonDerivedService)), 3),
			want: `Valid=False/DerivedService at 3: Service "shop/web" is itself the result of an import.`,
		},
		{
			name: "names that DNS cannot carry", spec: "local: reason NameTooLong",
			got:  mcs.ValidCondition(exported("a", 1, invalid(mcs.ReasonNameTooLong)), 3),
			want: `Valid=False/NameTooLong at 3: A name of the service, such as "<hostname>.a.web.shop.svc.clusterset.local", would have more than 253 characters.`,
		},
		{
			name: "a reason that this version does not know", spec: "ServiceExport API, other reasons",
			got:  mcs.ValidCondition(exported("a", 1, invalid("Strange")), 3),
			want: `Valid=False/Strange at 3: Service "shop/web" cannot be exported: Strange.`,
		},
		{
			name: "exported", spec: "ServiceExport API, Ready",
			got:  mcs.ExportedCondition(4),
			want: `Ready=True/Exported at 4: The service is exported to the clusterset.`,
		},
		{
			name: "waiting for the hub", spec: "ServiceExport API, Ready",
			got:  mcs.ExportPendingCondition("hub unreachable", 4),
			want: `Ready=False/Pending at 4: hub unreachable`,
		},
		{
			name: "refused by the hub", spec: "ServiceExport API, Ready",
			got:  mcs.ExportFailedCondition("forbidden", 4),
			want: `Ready=False/Failed at 4: forbidden`,
		},
		{
			name: "no member any more", spec: "ServiceExport API, Ready",
			got:  mcs.DepartedCondition(4),
			want: `Ready=Unknown/Pending at 4: This cluster is not a member of the clusterset.`,
		},
		{
			name: "an import that can be used", spec: "ServiceImport API, Ready",
			got:  mcs.ImportReadyCondition(5),
			want: `Ready=True/Ready at 5: The service can be used.`,
		},
		{
			name: "an import that waits", spec: "ServiceImport API, Ready",
			got:  mcs.ImportPendingCondition("Service derived-x is not ours", 5),
			want: `Ready=False/Pending at 5: Service derived-x is not ours`,
		},
		{
			name: "an import of families that this cluster has not", spec: "ServiceImport API, IPFamilyNotSupported",
			got:  mcs.ImportFamilyCondition(mcs.Merge([]mcs.Export{exported("a", 1, withFamilies(corev1.IPv6Protocol))}), v4only, 5),
			want: `Ready=False/IPFamilyNotSupported at 5: The service has IPv6, this cluster supports IPv4.`,
		},
		{
			name: "a cluster whose families are not known", spec: "ServiceImport API, IPFamilyNotSupported",
			got:  mcs.ImportFamilyCondition(mcs.Merge([]mcs.Export{exported("a", 1)}), nil, 5),
			want: `Ready=False/IPFamilyNotSupported at 5: The service has IPv4, this cluster supports no IP family.`,
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			requireSpec(t, tc.spec)
			if diff := cmp.Diff(tc.want, conditionText(tc.got)); diff != "" {
				t.Errorf("condition (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConflictConditionFitsTheAPI(t *testing.T) {
	// Condition API: a reason has at most 1,024 characters of a certain form, a message at most 32,768. Forty clusters that agree on
	// nothing and use every bound must not make a status that the server refuses.
	const maxReason, maxMessage = 1024, 32768
	reasonForm := regexp.MustCompile(`^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$`)
	var exports []mcs.Export
	for i := range 40 {
		exports = append(exports, exported(fmt.Sprintf("%s-%d", strings.Repeat("c", 60), i), i, func(e *mcs.Export) {
			e.Ports = nil
			for p := range mcs.MaxPorts {
				e.Ports = append(e.Ports, mcs.Port{Name: fmt.Sprintf("%s-%d-%d", strings.Repeat("p", 50), i, p), Port: int32(i*100 + p + 1)})
			}
			e.Labels, e.Annotations = map[string]string{}, map[string]string{}
			for n := range mcs.MaxExported {
				key := fmt.Sprintf("%s.example.org/%s-%d-%d", strings.Repeat("d", 200), strings.Repeat("k", 50), i, n)
				e.Labels[key], e.Annotations[key] = "v", strings.Repeat("v", 500)
			}
			e.Type, e.SessionAffinity = "Headless", corev1.ServiceAffinityClientIP
			if i%2 == 0 {
				e.Type, e.SessionAffinity = "ClusterSetIP", ""
			}
		}))
	}
	got := mcs.ConflictCondition(mcs.Merge(exports), 1)
	if len(got.Reason) > maxReason || !reasonForm.MatchString(got.Reason) {
		t.Errorf("reason %q is not one", got.Reason)
	}
	if len(got.Message) > maxMessage {
		t.Errorf("message has %d characters, may have %d", len(got.Message), maxMessage)
	}
}

func TestServes(t *testing.T) {
	v4, v6 := corev1.IPv4Protocol, corev1.IPv6Protocol
	tests := []struct {
		name                      string
		spec                      string
		families, supported, want []corev1.IPFamily
	}{
		{"one family that the cluster supports", "KEP-1645 Importing Services, ipFamilies", []corev1.IPFamily{v4}, []corev1.IPFamily{v4}, []corev1.IPFamily{v4}},
		{"the import's order, not the cluster's", "KEP-1645 Importing Services, ipFamilies", []corev1.IPFamily{v6, v4}, []corev1.IPFamily{v4, v6}, []corev1.IPFamily{v6, v4}},
		{"a dual-stack import in a single-stack cluster", "KEP-1645 Importing Services, ipFamilies", []corev1.IPFamily{v4, v6}, []corev1.IPFamily{v6}, []corev1.IPFamily{v6}},
		{"nothing in common", "ServiceImport API, IPFamilyNotSupported", []corev1.IPFamily{v4}, []corev1.IPFamily{v6}, nil},
		{"a cluster whose families are not known", "ServiceImport API, IPFamilyNotSupported", []corev1.IPFamily{v4}, nil, nil},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			requireSpec(t, tc.spec)
			imp := mcs.Merge([]mcs.Export{exported("a", 1, withFamilies(tc.families...))})
			if diff := cmp.Diff(tc.want, imp.Serves(tc.supported)); diff != "" {
				t.Errorf("families (-want +got):\n%s", diff)
			}
		})
	}
}
