package annotate

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

var rules = Rules{Key: DefaultKey, Denied: map[string]bool{"kube-system": true}}

// said are annotations with the export key set to value.
func said(value string) map[string]string { return map[string]string{DefaultKey: value} }

func service(annotations map[string]string) *corev1.Service {
	return &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web", UID: "u1", Annotations: annotations}}
}

func namespace(annotations map[string]string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop", Annotations: annotations}}
}

// made is the ServiceExport that an annotation of service(nil) made.
func made() *mcsv1beta1.ServiceExport {
	return &mcsv1beta1.ServiceExport{ObjectMeta: metav1.ObjectMeta{
		Namespace: "shop", Name: "web", UID: "e1", ResourceVersion: "7",
		Labels:          map[string]string{mcs.LabelManagedBy: mcs.ManagedBy},
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Service", Name: "web", UID: "u1", Controller: new(true)}},
	}}
}

func byHand() *mcsv1beta1.ServiceExport {
	return &mcsv1beta1.ServiceExport{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web", UID: "e2"}}
}

func TestDecide(t *testing.T) {
	tests := []struct {
		name       string
		spec       string
		service    *corev1.Service
		namespace  *corev1.Namespace
		export     *mcsv1beta1.ServiceExport
		want       action
		wantReason string
	}{
		{name: "a Service annotated true gets a ServiceExport", spec: "scenario 58",
			service: service(said("true")), namespace: namespace(nil), want: create},
		{name: "a Service without annotation gets none", spec: "scenario 58",
			service: service(nil), namespace: namespace(nil), want: keep},
		{name: "a Service annotated false gets none", spec: "decision 1",
			service: service(said("false")), namespace: namespace(nil), want: keep},
		{name: "taking the annotation off removes what it made", spec: "scenario 58",
			service: service(nil), namespace: namespace(nil), export: made(), want: remove},
		{name: "the value false removes what true made", spec: "decision 1",
			service: service(said("false")), namespace: namespace(nil), export: made(), want: remove},
		{name: "what is as it should be stays", spec: "decision 7",
			service: service(said("true")), namespace: namespace(nil), export: made(), want: keep},
		{name: "a ServiceExport by hand stays, and the annotation says so", spec: "scenario 58",
			service: service(said("true")), namespace: namespace(nil), export: byHand(), want: keep, wantReason: "ExportNotManaged"},
		{name: "a ServiceExport by hand stays when the annotation says false, which says so", spec: "decision 1",
			service: service(said("false")), namespace: namespace(nil), export: byHand(), want: keep, wantReason: "ExportNotManaged"},
		{name: "a ServiceExport by hand stays without annotation, silently", spec: "decision 1",
			service: service(nil), namespace: namespace(nil), export: byHand(), want: keep},
		{name: "an unknown value creates nothing and says so", spec: "scenario 58",
			service: service(said("yes")), namespace: namespace(nil), want: keep, wantReason: "InvalidExportValue"},
		{name: "an unknown value removes nothing and says so", spec: "scenario 58",
			service: service(said("True")), namespace: namespace(nil), export: made(), want: keep, wantReason: "InvalidExportValue"},
		{name: "an empty value is unknown", spec: "scenario 58",
			service: service(said("")), namespace: namespace(nil), export: made(), want: keep, wantReason: "InvalidExportValue"},
		{name: "an unknown value overrules the Namespace", spec: "decision 1",
			service: service(said("maybe")), namespace: namespace(said("true")), want: keep, wantReason: "InvalidExportValue"},
		{name: "a Namespace annotated true exports its Services", spec: "decision 1",
			service: service(nil), namespace: namespace(said("true")), want: create},
		{name: "a Service annotated false opts out of its Namespace", spec: "decision 1",
			service: service(said("false")), namespace: namespace(said("true")), export: made(), want: remove},
		{name: "an unknown value on the Namespace creates nothing and says so", spec: "decision 1",
			service: service(nil), namespace: namespace(said("on")), want: keep, wantReason: "InvalidExportValue"},
		{name: "a Namespace annotated true leaves a ServiceExport by hand alone, silently", spec: "decision 1",
			service: service(nil), namespace: namespace(said("true")), export: byHand(), want: keep},
		{name: "a Namespace that is not known decides nothing", spec: "decision 6",
			service: service(nil), export: made(), want: keep},
		{name: "a Service's own word needs no Namespace", spec: "decision 1",
			service: service(said("true")), want: create},
		{name: "a Service that is gone leaves its ServiceExport to its owner reference", spec: "decision 1",
			namespace: namespace(nil), export: made(), want: keep},
		{name: "a ServiceExport by hand outlives its Service", spec: "scenario 3",
			namespace: namespace(nil), export: byHand(), want: keep},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got := rules.decide(facts{service: tc.service, namespace: tc.namespace, export: tc.export})
			if got.action != tc.want || got.notice.reason != tc.wantReason {
				t.Errorf("%s: got action %d and reason %q, want %d and %q", tc.spec, got.action, got.notice.reason, tc.want, tc.wantReason)
			}
			if (got.export != nil) != (tc.want != keep) {
				t.Errorf("%s: action %d has object %v", tc.spec, got.action, got.export)
			}
		})
	}
}

func TestDecideOnUnusualServices(t *testing.T) {
	now := metav1.NewTime(time.Unix(1000, 0))
	tests := []struct {
		name       string
		spec       string
		change     func(*facts)
		want       action
		wantReason string
	}{
		{name: "a derived Service is not exported along with its Namespace", spec: "scenario 10",
			change: func(f *facts) { f.service.Labels = map[string]string{mcs.LabelManagedBy: mcs.ManagedBy} }, want: keep},
		{name: "a Service with a derived name is not exported", spec: "scenario 10",
			change: func(f *facts) { f.service.Name = mcs.DerivedServiceName(keyOf(f.service)) }, want: keep},
		{name: "the API server's Service is not exported along with its Namespace", spec: "local: no member wants the union of all API servers",
			change: func(f *facts) { f.service.Namespace, f.service.Name = "default", "kubernetes" }, want: keep},
		{name: "the API server's Service is exported by its own annotation", spec: "local: what is asked for by name is done",
			change: func(f *facts) {
				f.service.Namespace, f.service.Name, f.service.Annotations = "default", "kubernetes", said("true")
			}, want: create},
		{name: "nothing is exported from a denied namespace, and the Service says so", spec: "scenario 11",
			change: func(f *facts) { f.service.Namespace = "kube-system" }, want: keep, wantReason: "NamespaceNotAllowed"},
		{name: "what was made in a namespace that is now denied goes", spec: "scenario 11",
			change: func(f *facts) { f.service.Namespace, f.export = "kube-system", made() }, want: remove, wantReason: "NamespaceNotAllowed"},
		{name: "nothing is created in a namespace on its way out", spec: "scenario 32",
			change: func(f *facts) { f.namespace.DeletionTimestamp = &now }, want: keep},
		{name: "a ServiceExport on its way out is waited for", spec: "decision 7",
			change: func(f *facts) {
				f.export = made()
				f.export.DeletionTimestamp = &now
				f.service.Annotations = said("false")
			}, want: keep},
		{name: "a label alone does not make a ServiceExport ours", spec: "decision 1",
			change: func(f *facts) {
				f.export = made()
				f.export.OwnerReferences, f.service.Annotations = nil, said("false")
			}, want: keep, wantReason: "ExportNotManaged"},
		{name: "an owner alone does not make a ServiceExport ours", spec: "decision 1",
			change: func(f *facts) { f.export = made(); f.export.Labels, f.service.Annotations = nil, said("false") }, want: keep, wantReason: "ExportNotManaged"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			f := facts{service: service(nil), namespace: namespace(said("true"))}
			tc.change(&f)
			got := rules.decide(f)
			if got.action != tc.want || got.notice.reason != tc.wantReason {
				t.Errorf("%s: got action %d and reason %q, want %d and %q", tc.spec, got.action, got.notice.reason, tc.want, tc.wantReason)
			}
		})
	}
}

func TestDecideMakesAServiceExport(t *testing.T) {
	s := service(map[string]string{
		DefaultKey: "true", LabelsKey: "team, tier ,missing", AnnotationsKey: "docs",
		"docs": "https://example.org", "kubectl.kubernetes.io/last-applied-configuration": "{}",
	})
	s.Labels = map[string]string{"team": "pay", "tier": "front", "argocd": "mine"}
	got := rules.decide(facts{service: s, namespace: namespace(nil)})
	want := made()
	want.UID, want.ResourceVersion = "", ""
	want.Spec = mcsv1beta1.ServiceExportSpec{
		ExportedLabels:      map[string]string{"team": "pay", "tier": "front"},
		ExportedAnnotations: map[string]string{"docs": "https://example.org"},
	}
	if diff := cmp.Diff(want, got.export); diff != "" {
		t.Errorf("the ServiceExport (-want +got):\n%s", diff)
	}
}

func TestDecideUpdatesOnlyWhatItMade(t *testing.T) {
	tests := []struct {
		name   string
		spec   string
		change func(*facts)
		want   func(*mcsv1beta1.ServiceExport)
	}{
		{name: "a label listed later is exported", spec: "decision 1",
			change: func(f *facts) {
				f.service.Labels = map[string]string{"team": "pay"}
				f.service.Annotations[LabelsKey] = "team"
			},
			want: func(e *mcsv1beta1.ServiceExport) { e.Spec.ExportedLabels = map[string]string{"team": "pay"} }},
		{name: "a label no longer listed is taken back", spec: "decision 1",
			change: func(f *facts) { f.export.Spec.ExportedLabels = map[string]string{"team": "pay"} },
			want:   func(e *mcsv1beta1.ServiceExport) {}},
		{name: "a Service made anew keeps its ServiceExport", spec: "scenario 4",
			change: func(f *facts) { f.service.UID = "u2" },
			want:   func(e *mcsv1beta1.ServiceExport) { e.OwnerReferences[0].UID = "u2" }},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			f := facts{service: service(said("true")), namespace: namespace(nil), export: made()}
			tc.change(&f)
			before := f.export.DeepCopy()
			got := rules.decide(f)
			want := made()
			tc.want(want)
			if got.action != update {
				t.Fatalf("%s: got action %d, want an update", tc.spec, got.action)
			}
			if diff := cmp.Diff(want, got.export); diff != "" {
				t.Errorf("%s: the ServiceExport (-want +got):\n%s", tc.spec, diff)
			}
			if diff := cmp.Diff(before, f.export); diff != "" {
				t.Errorf("the cached object was written to (-before +after):\n%s", diff)
			}
		})
	}
}

func TestInvalidValueNoticeQuotesTheValue(t *testing.T) {
	got := rules.decide(facts{service: service(said("yes please")), namespace: namespace(nil)}).notice
	want := notice{kind: "Warning", reason: "InvalidExportValue",
		text: `Annotation multicluster.kubernetes.io/export of the Service is "yes please": it must be "true" or "false". Nothing was exported or withdrawn.`}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(notice{})); diff != "" {
		t.Errorf("the notice (-want +got):\n%s", diff)
	}
}
