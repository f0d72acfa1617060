package exports

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/annotate"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// about returns facts about shop/checkout, a Service that exists, with changes.
func about(changes ...func(*facts)) facts {
	f := facts{
		key: types.NamespacedName{Namespace: "shop", Name: "checkout"}, context: "east", denied: defaultDenied,
		service: &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "checkout"}},
	}
	for _, change := range changes {
		change(&f)
	}
	return f
}

func serviceSays(value string) func(*facts) {
	return func(f *facts) { f.service.Annotations = map[string]string{annotate.DefaultKey: value} }
}

func namespaceSays(value string) func(*facts) { return func(f *facts) { f.namespaceSays = value } }

func byHand(f *facts) { f.export = &mcsv1beta1.ServiceExport{} }

func byAnnotation(f *facts) {
	f.export = &mcsv1beta1.ServiceExport{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{mcs.LabelManagedBy: mcs.ManagedBy}}}
}

var compare = cmp.AllowUnexported(plan{})

func TestPlanExport(t *testing.T) {
	for _, tc := range []struct {
		name     string
		facts    facts
		annotate bool
		want     plan
		refused  string
	}{
		{name: "a Service is exported by a ServiceExport", facts: about(), want: plan{create: true}},
		{name: "or by the annotation, if asked for", facts: about(), annotate: true, want: plan{annotation: setTrue}},
		{name: "what is exported stays as it is", facts: about(byHand), want: plan{notes: []string{"it is exported already"}}},
		{name: "what the annotation exports too", facts: about(byAnnotation, serviceSays("true")), want: plan{notes: []string{"it is exported already"}}},
		{name: "annotating twice writes once", facts: about(byAnnotation, serviceSays("true")), annotate: true,
			want: plan{notes: []string{"the Service is annotated already"}}},
		{name: "an opt-out by annotation is overruled, and it says so", facts: about(serviceSays("false")),
			want: plan{create: true, notes: []string{"the Service is annotated multicluster.kubernetes.io/export=false, which a ServiceExport written by hand goes before"}}},
		{name: "the annotation has no effect beside a ServiceExport written by hand", facts: about(byHand), annotate: true, refused: "written by hand"},
		{name: "a Service that is not there is refused with those of a like name", facts: about(func(f *facts) { f.service, f.near = nil, []string{"checkout-v2"} }),
			refused: `there is no Service "checkout" in namespace "shop" of context "east": did you mean checkout-v2?`},
		{name: "a Service that is not there, and none like it", facts: about(func(f *facts) { f.service = nil }), refused: "create it first"},
		{name: "an ExternalName has no endpoints (KEP-1645, Exporting Services)", facts: about(func(f *facts) { f.service.Spec.Type = corev1.ServiceTypeExternalName }),
			refused: "ExternalName"},
		{name: "an import is not exported again", facts: about(func(f *facts) {
			f.service.Name = mcs.DerivedServiceName(f.key)
			f.service.Labels = map[string]string{mcs.LabelManagedBy: mcs.ManagedBy}
		}), refused: "result of an import"},
		{name: "nothing is exported from a denied namespace", facts: about(func(f *facts) { f.denied = []string{"shop"} }), refused: `namespace "shop" is one that nothing is exported from`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := planExport(tc.facts, tc.annotate)
			if (err != nil) != (tc.refused != "") || err != nil && !strings.Contains(err.Error(), tc.refused) {
				t.Fatalf("refused with %v, want %q", err, tc.refused)
			}
			if diff := cmp.Diff(tc.want, got, compare); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlanUnexport(t *testing.T) {
	optedOut := []string{`namespace "shop" exports all its Services: this one is opted out by multicluster.kubernetes.io/export=false`}
	for _, tc := range []struct {
		name  string
		facts facts
		want  plan
		err   error
	}{
		{"what is not exported is said to be so", about(), plan{}, errNotExported},
		{"a ServiceExport written by hand is deleted", about(byHand), plan{delete: true}, nil},
		{"what the annotation made is taken back by removing the annotation", about(byAnnotation, serviceSays("true")), plan{annotation: remove}, nil},
		{"an annotation that would export it again goes too", about(byHand, serviceSays("true")), plan{delete: true, annotation: remove}, nil},
		{"an annotation that has not been followed yet is removed", about(serviceSays("true")), plan{annotation: remove}, nil},
		{"in a namespace that exports all, the Service is opted out", about(byAnnotation, namespaceSays("true")), plan{annotation: setFalse, notes: optedOut}, nil},
		{"also if it says so itself", about(byAnnotation, namespaceSays("true"), serviceSays("true")), plan{annotation: setFalse, notes: optedOut}, nil},
		{"a Service that is opted out is not exported", about(namespaceSays("true"), serviceSays("false")), plan{}, errNotExported},
		{"what the controller is about to take back is left to it", about(byAnnotation), plan{}, nil},
		{"a ServiceExport whose Service is gone is deleted", about(byHand, func(f *facts) { f.service = nil }), plan{delete: true}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := planUnexport(tc.facts)
			if !errors.Is(err, tc.err) {
				t.Fatalf("error %v, want %v", err, tc.err)
			}
			if diff := cmp.Diff(tc.want, got, compare); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadiness(t *testing.T) {
	condition := func(kind string, status metav1.ConditionStatus, reason, message string) metav1.Condition {
		return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message}
	}
	for _, tc := range []struct {
		name              string
		conditions        []metav1.Condition
		missing, conflict string
		err               error
	}{
		{"an export without conditions has no controller", nil, "no controller has looked at it", "", nil},
		{"one that is not valid will not become ready by waiting", []metav1.Condition{condition("Valid", metav1.ConditionFalse, "InvalidServiceType", "ExternalName")}, "", "", errNotValid},
		{"one whose Service the controller has not heard of will", []metav1.Condition{condition("Valid", metav1.ConditionFalse, "NoService", "none"), condition("Ready", metav1.ConditionFalse, "NoService", "")},
			"it is NoService: none", "", nil},
		{"one that is pending says what for", []metav1.Condition{condition("Ready", metav1.ConditionFalse, "Pending", "hub unreachable")}, "it is Pending: hub unreachable", "", nil},
		{"one that is ready waits for nothing", []metav1.Condition{condition("Ready", metav1.ConditionTrue, "Exported", "")}, "", "", nil},
		{"a conflict is told beside it", []metav1.Condition{condition("Ready", metav1.ConditionTrue, "Exported", ""), condition("Conflict", metav1.ConditionTrue, "PortConflict", "ports differ")},
			"", "PortConflict: ports differ", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			missing, conflict, err := readiness(mcsv1beta1.ServiceExport{Status: mcsv1beta1.ServiceExportStatus{Conditions: tc.conditions}})
			if missing != tc.missing || conflict != tc.conflict || !errors.Is(err, tc.err) {
				t.Errorf("readiness = %q, %q, %v, want %q, %q, %v", missing, conflict, err, tc.missing, tc.conflict, tc.err)
			}
		})
	}
}

func TestNearNames(t *testing.T) {
	all := []string{"cart", "checkout", "checkout-v2", "kubernetes", "payments"}
	for wanted, want := range map[string][]string{
		"chekout": {"checkout"}, "check": {"checkout", "checkout-v2"}, "carts": {"cart"}, "zzz": nil, "": {"cart", "checkout", "checkout-v2", "kubernetes", "payments"},
	} {
		if diff := cmp.Diff(want, near(wanted, all)); diff != "" {
			t.Errorf("near(%q) (-want +got):\n%s", wanted, diff)
		}
	}
}
