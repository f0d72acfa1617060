package mcs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// serviceImport is the ServiceImport shop/web as the last merge left it: headless, with the port "web 80/TCP".
func serviceImport(clusters ...string) *mcsv1beta1.ServiceImport {
	si := &mcsv1beta1.ServiceImport{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: web.Namespace, Name: web.Name,
			Labels:      map[string]string{mcs.LabelManagedBy: mcs.ManagedBy, "team": "shop"},
			Annotations: map[string]string{mcs.AnnotationDerivedService: "derived-x", "note": "kept"},
		},
		Spec: mcsv1beta1.ServiceImportSpec{
			Type:                  mcsv1beta1.Headless,
			Ports:                 []mcsv1beta1.ServicePort{{Name: "web", Port: 80, AppProtocol: new("http")}},
			IPFamilies:            []corev1.IPFamily{corev1.IPv6Protocol},
			SessionAffinity:       corev1.ServiceAffinityClientIP,
			SessionAffinityConfig: &corev1.SessionAffinityConfig{ClientIP: &corev1.ClientIPConfig{TimeoutSeconds: new(int32(30))}},
			InternalTrafficPolicy: new(corev1.ServiceInternalTrafficPolicyLocal),
			TrafficDistribution:   new("PreferClose"),
		},
	}
	for _, cluster := range clusters {
		si.Status.Clusters = append(si.Status.Clusters, mcsv1beta1.ClusterStatus{Cluster: cluster})
	}
	return si
}

// asLastMerged is what a frozen import of serviceImport keeps.
func asLastMerged(clusters []mcs.ClusterID, slices ...mcs.ImportedSlice) mcs.Import {
	return mcs.Import{
		Key: web, Type: mcsv1beta1.Headless, Ports: ports("web 80/TCP http"), IPFamilies: []corev1.IPFamily{corev1.IPv6Protocol},
		SessionAffinity: corev1.ServiceAffinityClientIP, AffinityTimeout: new(int32(30)),
		InternalTrafficPolicy: new(corev1.ServiceInternalTrafficPolicyLocal), TrafficDistribution: new("PreferClose"),
		Labels: map[string]string{"team": "shop"}, Annotations: map[string]string{"note": "kept"},
		Clusters: clusters, Slices: slices,
	}
}

func TestFrozen(t *testing.T) {
	const clause = "local: until the hub has been heard nothing is merged"
	const self = mcs.ClusterID("east")
	// In east the port has another name, and the Service has changed in all it could since the last merge.
	own := exported("east", 1, withPorts("http 80/TCP", "new 81/TCP"), withLabels("team=changed"),
		withSlices(slice("web-1", "10.1.0.1", "http 8080/TCP", "new 8081/TCP")))
	ownSlice := mcs.ImportedSlice{Cluster: self, Slice: slice("web-1", "10.1.0.1", "web 8080/TCP")}
	oldOwnSlice := mcs.ImportedSlice{Cluster: self, Slice: slice("web-0", "10.1.0.9", "web 8080/TCP")}
	westSlice := mcs.ImportedSlice{Cluster: "west", Slice: slice("web-9", "10.2.0.1", "web 8080/TCP")}
	gone := exported("east", 1, invalid("NoService"))
	tests := []struct {
		name string
		spec string
		si   *mcsv1beta1.ServiceImport
		kept []mcs.ImportedSlice
		own  *mcs.Export
		want mcs.Import
	}{
		{
			name: "neither import nor export is nothing", spec: clause,
		},
		{
			name: "an export without an import is imported alone", spec: clause,
			own: &own, want: mcs.Merge([]mcs.Export{own}),
		},
		{
			name: "an invalid export without an import is nothing", spec: clause,
			own: &gone,
		},
		{
			name: "all stays but the own endpoints, under the import's port names", spec: clause,
			si: serviceImport("east", "west"), kept: []mcs.ImportedSlice{westSlice, oldOwnSlice}, own: &own,
			want: asLastMerged([]mcs.ClusterID{"east", "west"}, ownSlice, westSlice),
		},
		{
			name: "an export that had no part in the last merge is not stated, but its endpoints serve", spec: clause,
			si: serviceImport("west"), kept: []mcs.ImportedSlice{westSlice}, own: &own,
			want: asLastMerged([]mcs.ClusterID{"west"}, ownSlice, westSlice),
		},
		{
			name: "an export withdrawn takes its endpoints and its entry along", spec: clause,
			si: serviceImport("west", "east"), kept: []mcs.ImportedSlice{westSlice, oldOwnSlice},
			want: asLastMerged([]mcs.ClusterID{"west"}, westSlice),
		},
		{
			name: "an export that has become invalid does the same", spec: clause,
			si: serviceImport("west", "east"), kept: []mcs.ImportedSlice{westSlice, oldOwnSlice}, own: &gone,
			want: asLastMerged([]mcs.ClusterID{"west"}, westSlice),
		},
		{
			name: "the import of one's own goes with the export", spec: clause,
			si: serviceImport("east"), kept: []mcs.ImportedSlice{oldOwnSlice},
			want: mcs.Import{},
		},
		{
			name: "the import of one's own lives with the export", spec: clause,
			si: serviceImport("east"), kept: []mcs.ImportedSlice{oldOwnSlice}, own: &own,
			want: asLastMerged([]mcs.ClusterID{"east"}, ownSlice),
		},
		{
			name: "an import of others stays without an export of one's own", spec: clause,
			si: serviceImport("west"), kept: []mcs.ImportedSlice{westSlice},
			want: asLastMerged([]mcs.ClusterID{"west"}, westSlice),
		},
		{
			name: "an import whose status was never written is nobody's, and stays", spec: clause,
			si:   serviceImport(),
			want: asLastMerged(nil),
		},
		{
			name: "what is no cluster id in the status is passed over", spec: clause,
			si: serviceImport("WEST", "west", "west"), kept: []mcs.ImportedSlice{westSlice},
			want: asLastMerged([]mcs.ClusterID{"west"}, westSlice),
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			requireSpec(t, tc.spec)
			got := mcs.Frozen(tc.si, tc.kept, self, tc.own)
			if len(got.Clusters) == 0 {
				got.Clusters = nil
			}
			if len(got.Slices) == 0 {
				got.Slices = nil
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("import (-want +got):\n%s", diff)
			}
			if got.Exists() != (tc.want.Type != "") {
				t.Errorf("Exists: got %t", got.Exists())
			}
		})
	}
}

func TestFrozenWithoutATypeExists(t *testing.T) {
	// A schema that lets the type be empty must not make a ServiceImport look as if it were none, and so be deleted.
	si := serviceImport("west")
	si.Spec.Type = ""
	if imp := mcs.Frozen(si, nil, "east", nil); !imp.Exists() {
		t.Error("the import does not exist")
	}
}

func TestFrozenChangesNoArgument(t *testing.T) {
	si := serviceImport("west", "east")
	kept := []mcs.ImportedSlice{
		{Cluster: "west", Slice: slice("b", "10.2.0.1")}, {Cluster: "east", Slice: slice("a", "10.1.0.1")},
		{Cluster: "west", Slice: slice("a", "10.2.0.2")},
	}
	mcs.Frozen(si, kept, "east", nil)
	if diff := cmp.Diff(serviceImport("west", "east"), si); diff != "" {
		t.Errorf("ServiceImport (-want +got):\n%s", diff)
	}
	if kept[0].Name != "b" || kept[1].Cluster != "east" || kept[2].Name != "a" {
		t.Errorf("kept slices are %v", kept)
	}
}
