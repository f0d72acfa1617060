package mcs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

func withType(kind mcsv1beta1.ServiceImportType) func(*mcs.Export) {
	return func(e *mcs.Export) { e.Type = kind }
}

// withAffinity sets the affinity and its timeout, 0 for none.
func withAffinity(affinity corev1.ServiceAffinity, seconds int32) func(*mcs.Export) {
	return func(e *mcs.Export) {
		e.SessionAffinity = affinity
		if seconds > 0 {
			e.AffinityTimeout = &seconds
		}
	}
}

func withPolicy(policy corev1.ServiceInternalTrafficPolicy) func(*mcs.Export) {
	return func(e *mcs.Export) { e.InternalTrafficPolicy = &policy }
}

func withDistribution(distribution string) func(*mcs.Export) {
	return func(e *mcs.Export) { e.TrafficDistribution = &distribution }
}

func withLabels(pairs ...string) func(*mcs.Export) {
	return func(e *mcs.Export) { e.Labels = pairsOf(pairs) }
}

func withAnnotations(pairs ...string) func(*mcs.Export) {
	return func(e *mcs.Export) { e.Annotations = pairsOf(pairs) }
}

func pairsOf(pairs []string) map[string]string {
	m := make(map[string]string, len(pairs))
	for _, pair := range pairs {
		key, value, _ := strings.Cut(pair, "=")
		m[key] = value
	}
	return m
}

// edits is what sets an export of a table row apart from the plain one.
type edits []func(*mcs.Export)

func TestConflicts(t *testing.T) {
	const resolution = "KEP-1645 Constraints and Conflict Resolution"
	tests := []struct {
		name string
		spec string
		// The exports of clusters a, b, c from the oldest to the youngest.
		exports []edits
		reasons string
		message string
	}{
		{
			name: "one export has no conflicts", spec: resolution,
			exports: []edits{{withPorts()}},
		},
		{
			name: "equal exports have no conflicts", spec: resolution,
			exports: []edits{{}, {}, {}},
		},
		{
			name: "an invalid export has no part in conflicts", spec: resolution,
			exports: []edits{{}, {withPorts("http 81/TCP"), invalid("NoService")}},
		},
		{
			name: "one name for two numbers", spec: "KEP-1645 Service Port",
			exports: []edits{{}, {withPorts("http 8080/TCP")}},
			reasons: "PortConflict",
			message: `Conflicting ports http. Using "http 80/TCP" from oldest service export in "a". 1/2 clusters disagree.`,
		},
		{
			name: "two names for one number", spec: "KEP-1645 Service Port",
			exports: []edits{{}, {withPorts("web 80/TCP")}, {}},
			reasons: "PortConflict",
			message: `Conflicting ports http, web. Using "http 80/TCP" from oldest service export in "a". 1/3 clusters disagree.`,
		},
		{
			name: "several ports are one conflict that names them", spec: "KEP-1645 Service Port",
			exports: []edits{{withPorts("http 80/TCP", "dns 53/UDP")}, {withPorts("http 81/TCP")}, {withPorts("dns 54/UDP")}},
			reasons: "PortConflict",
			message: `Conflicting ports dns, http. Using "http 80/TCP, dns 53/UDP" from oldest service export in "a". 2/3 clusters disagree.`,
		},
		{
			name: "an application protocol that one cluster lacks", spec: "KEP-1645 Service Port",
			exports: []edits{{withPorts("http 80/TCP kubernetes.io/h2c")}, {}},
			reasons: "PortConflict",
			message: `Conflicting ports http. Using "http 80/TCP kubernetes.io/h2c" from oldest service export in "a". 1/2 clusters disagree.`,
		},
		{
			name: "an unnamed port is called by its number", spec: "KEP-1645 Service Port",
			exports: []edits{{withPorts("80/")}, {withPorts("http 80/TCP")}},
			reasons: "PortConflict",
			message: `Conflicting ports 80/TCP, http. Using "80/TCP" from oldest service export in "a". 1/2 clusters disagree.`,
		},
		{
			name: "more ports than a reader wants", spec: "local: a message is short",
			exports: []edits{{withPorts()}, {withPorts("a 1/TCP", "b 2/TCP", "c 3/TCP", "d 4/TCP", "e 5/TCP", "f 6/TCP", "g 7/TCP")}},
			reasons: "PortConflict",
			message: `Conflicting ports a, b, c, d, e and 2 more. Using "" from oldest service export in "a". 1/2 clusters disagree.`,
		},
		{
			name: "headless and not", spec: "KEP-1645 Headlessness",
			exports: []edits{{}, {withType(mcsv1beta1.Headless)}, {withType(mcsv1beta1.Headless)}},
			reasons: "TypeConflict",
			message: `Conflicting type. Using "ClusterSetIP" from oldest service export in "a". 2/3 clusters disagree.`,
		},
		{
			name: "an empty affinity is None", spec: "Service API, sessionAffinity default",
			exports: []edits{{}, {withAffinity(corev1.ServiceAffinityNone, 0)}},
		},
		{
			name: "affinity and, with it, its timeout", spec: "KEP-1645 Session Affinity",
			exports: []edits{{withAffinity(corev1.ServiceAffinityClientIP, 10)}, {withAffinity(corev1.ServiceAffinityNone, 0)}},
			reasons: "SessionAffinityConfigConflict,SessionAffinityConflict",
			message: `Conflicting session affinity timeout. Using "10s" from oldest service export in "a". 1/2 clusters disagree.` +
				` Conflicting session affinity. Using "ClientIP" from oldest service export in "a". 1/2 clusters disagree.`,
		},
		{
			name: "timeouts under ClientIP", spec: "KEP-1645 Session Affinity",
			exports: []edits{{withAffinity(corev1.ServiceAffinityClientIP, 0)}, {withAffinity(corev1.ServiceAffinityClientIP, 65)}},
			reasons: "SessionAffinityConfigConflict",
			message: `Conflicting session affinity timeout. Using "10800s" from oldest service export in "a". 1/2 clusters disagree.`,
		},
		{
			name: "an unset timeout is the default under ClientIP", spec: "Service API, timeoutSeconds default",
			exports: []edits{{withAffinity(corev1.ServiceAffinityClientIP, 0)}, {withAffinity(corev1.ServiceAffinityClientIP, 10800)}},
		},
		{
			name: "a timeout without affinity means nothing", spec: "Service API, sessionAffinityConfig",
			exports: []edits{{withAffinity("", 10)}, {withAffinity(corev1.ServiceAffinityNone, 20)}},
		},
		{
			name: "an unset internal traffic policy is Cluster", spec: "Service API, internalTrafficPolicy default",
			exports: []edits{{}, {withPolicy(corev1.ServiceInternalTrafficPolicyCluster)}},
		},
		{
			name: "internal traffic policies", spec: "KEP-1645 Internal Traffic Policy",
			exports: []edits{{}, {withPolicy(corev1.ServiceInternalTrafficPolicyLocal)}},
			reasons: "InternalTrafficPolicyConflict",
			message: `Conflicting internal traffic policy. Using "Cluster" from oldest service export in "a". 1/2 clusters disagree.`,
		},
		{
			name: "PreferClose is the old name of PreferSameZone", spec: "Service API, trafficDistribution",
			exports: []edits{{withDistribution("PreferClose")}, {withDistribution("PreferSameZone")}},
		},
		{
			name: "traffic distribution set and not", spec: "KEP-1645 Traffic Distribution",
			exports: []edits{{}, {withDistribution("PreferClose")}},
			reasons: "TrafficDistributionConflict",
			message: `Conflicting traffic distribution. Using "" from oldest service export in "a". 1/2 clusters disagree.`,
		},
		{
			name: "traffic distribution is shown as the oldest writes it", spec: "KEP-1645 Traffic Distribution",
			exports: []edits{{withDistribution("PreferClose")}, {withDistribution("PreferSameNode")}},
			reasons: "TrafficDistributionConflict",
			message: `Conflicting traffic distribution. Using "PreferClose" from oldest service export in "a". 1/2 clusters disagree.`,
		},
		{
			name: "no labels and empty labels are alike", spec: "ServiceExport API, exportedLabels and exportedAnnotations",
			exports: []edits{{}, {withLabels(), withAnnotations()}},
		},
		{
			name: "labels: the whole map of the oldest", spec: "ServiceExport API, exportedLabels and exportedAnnotations",
			exports: []edits{{withLabels("x=1")}, {withLabels("x=1", "y=2")}},
			reasons: "LabelsConflict",
			message: `Conflicting labels y. Using "x=1" from oldest service export in "a". 1/2 clusters disagree.`,
		},
		{
			name: "another value of a label", spec: "ServiceExport API, exportedLabels and exportedAnnotations",
			exports: []edits{{withLabels("x=1", "w=0")}, {withLabels("x=2", "w=0")}},
			reasons: "LabelsConflict",
			message: `Conflicting labels x. Using "w=0, x=1" from oldest service export in "a". 1/2 clusters disagree.`,
		},
		{
			name: "annotations that only the oldest has", spec: "ServiceExport API, exportedLabels and exportedAnnotations",
			exports: []edits{{withAnnotations("note=hello")}, {}},
			reasons: "AnnotationsConflict",
			message: `Conflicting annotations note. Using "note=hello" from oldest service export in "a". 1/2 clusters disagree.`,
		},
		{
			name: "a long value is cut", spec: "local: a message is short",
			exports: []edits{{withAnnotations("note=" + strings.Repeat("n", 400))}, {}},
			reasons: "AnnotationsConflict",
			message: `Conflicting annotations note. Using "note=` + strings.Repeat("n", 251) +
				`..." from oldest service export in "a". 1/2 clusters disagree.`,
		},
		{
			name: "reserved keys are not imported, so they do not conflict", spec: "GEP-1748, derived-service annotation",
			exports: []edits{{withAnnotations(mcs.AnnotationDerivedService + "=x")}, {withLabels(mcs.LabelManagedBy + "=y")}},
		},
		{
			name: "IP families are sets", spec: "ServiceExport API, IPFamilyConflict",
			exports: []edits{{withFamilies(corev1.IPv4Protocol, corev1.IPv6Protocol)}, {withFamilies(corev1.IPv6Protocol, corev1.IPv4Protocol)}},
		},
		{
			name: "a cluster with more families than the import reaches all clients", spec: "ServiceExport API, IPFamilyConflict",
			exports: []edits{{}, {withFamilies(corev1.IPv6Protocol, corev1.IPv4Protocol)}},
		},
		{
			name: "a cluster without one of the import's families", spec: "ServiceExport API, IPFamilyConflict",
			exports: []edits{{withFamilies(corev1.IPv4Protocol, corev1.IPv6Protocol)}, {}},
			reasons: "IPFamilyConflict",
			message: `Conflicting IP families IPv6. Using "IPv4, IPv6" from oldest service export in "a". 1/2 clusters disagree.`,
		},
		{
			name: "a cluster without any of the import's families", spec: "ServiceExport API, IPFamilyConflict",
			exports: []edits{{}, {withFamilies(corev1.IPv6Protocol)}},
			reasons: "IPFamilyConflict",
			message: `Conflicting IP families IPv4. Using "IPv4" from oldest service export in "a". 1/2 clusters disagree.`,
		},
		{
			name: "all at once", spec: "ServiceExport API, Conflict reasons joined by commas",
			exports: []edits{
				{},
				{
					withType(mcsv1beta1.Headless), withPorts("http 81/TCP"), withFamilies(corev1.IPv6Protocol), withLabels("x=1"),
					withAnnotations("y=2"), withAffinity(corev1.ServiceAffinityClientIP, 0), withDistribution("PreferClose"),
					withPolicy(corev1.ServiceInternalTrafficPolicyLocal),
				},
			},
			reasons: "AnnotationsConflict,IPFamilyConflict,InternalTrafficPolicyConflict,LabelsConflict,PortConflict," +
				"SessionAffinityConfigConflict,SessionAffinityConflict,TrafficDistributionConflict,TypeConflict",
			message: `Conflicting annotations y. Using "" from oldest service export in "a". 1/2 clusters disagree.` +
				` Conflicting IP families IPv4. Using "IPv4" from oldest service export in "a". 1/2 clusters disagree.` +
				` Conflicting internal traffic policy. Using "Cluster" from oldest service export in "a". 1/2 clusters disagree.` +
				` Conflicting labels x. Using "" from oldest service export in "a". 1/2 clusters disagree.` +
				` Conflicting ports http. Using "http 80/TCP" from oldest service export in "a". 1/2 clusters disagree.` +
				` Conflicting session affinity timeout. Using "" from oldest service export in "a". 1/2 clusters disagree.` +
				` Conflicting session affinity. Using "None" from oldest service export in "a". 1/2 clusters disagree.` +
				` Conflicting traffic distribution. Using "" from oldest service export in "a". 1/2 clusters disagree.` +
				` Conflicting type. Using "ClusterSetIP" from oldest service export in "a". 1/2 clusters disagree.`,
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			requireSpec(t, tc.spec)
			var exports []mcs.Export
			for i, edits := range tc.exports {
				exports = append(exports, exported(string(rune('a'+i)), i, edits...))
			}
			got := mcs.ConflictCondition(mcs.Merge(exports), 7)
			status, reasons, message := "True", tc.reasons, tc.message
			if reasons == "" {
				status, reasons, message = "False", "NoConflicts", "All exports of the service agree."
			}
			want := fmt.Sprintf("Conflict=%s/%s at 7: %s", status, reasons, message)
			if diff := cmp.Diff(want, conditionText(got)); diff != "" {
				t.Errorf("condition (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConflictsAreTheSameForAll(t *testing.T) {
	// KEP-1645, "Constraints and Conflict Resolution": the condition is set on all constituent exports, and only the winner's age decides.
	a, b := exported("a", 2), exported("b", 1, withPorts("http 8080/TCP"))
	for _, order := range [][]mcs.Export{{a, b}, {b, a}} {
		imp := mcs.Merge(order)
		want := []mcs.Conflict{{
			Reason: mcsv1beta1.ServiceExportReasonPortConflict, Field: "ports http", Using: "http 8080/TCP",
			Winner: "b", Disagree: 1, Total: 2,
		}}
		if diff := cmp.Diff(want, imp.Conflicts); diff != "" {
			t.Errorf("conflicts (-want +got):\n%s", diff)
		}
	}
}
