package importer

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// importPlan is what is to be written for the ServiceImport, its status apart.
type importPlan struct {
	step   step
	object *mcsv1beta1.ServiceImport
}

// holder is the Service that holds an import's IP; the zero value is none.
type holder struct {
	name string
	ips  []string
}

// planImport compares the ServiceImport, nil or ours, with the one that should be. A ServiceImport of ours has the exported labels and annotations and our own, and no others: one that is no
// longer exported goes. keeps says which fields the served schema stores; the others are not compared.
func planImport(there *mcsv1beta1.ServiceImport, imp mcs.Import, key types.NamespacedName, families []corev1.IPFamily, h holder, keeps schemaKeeps) importPlan {
	switch {
	case there == nil && !imp.Exists():
		return importPlan{}
	case there == nil:
		return importPlan{step: create, object: newImport(imp, key, families, h)}
	case !imp.Exists():
		return importPlan{step: remove, object: there}
	}
	want := newImport(imp, key, families, h)
	if equality.Semantic.DeepEqual(keeps.spec(there.Spec), keeps.spec(want.Spec)) &&
		maps.Equal(there.Labels, want.Labels) && maps.Equal(there.Annotations, want.Annotations) {
		return importPlan{}
	}
	next := there.DeepCopy()
	next.Labels, next.Annotations, next.Spec = want.Labels, want.Annotations, want.Spec
	return importPlan{step: update, object: next}
}

func newImport(imp mcs.Import, key types.NamespacedName, families []corev1.IPFamily, h holder) *mcsv1beta1.ServiceImport {
	made := &mcsv1beta1.ServiceImport{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:   key.Namespace,
			Name:        key.Name,
			Labels:      merged(imp.Labels, map[string]string{mcs.LabelManagedBy: mcs.ManagedBy}),
			Annotations: maps.Clone(imp.Annotations),
		},
		Spec: mcsv1beta1.ServiceImportSpec{
			Type:                  imp.Type,
			Ports:                 make([]mcsv1beta1.ServicePort, len(imp.Ports)),
			IPFamilies:            families,
			IPs:                   importIPs(h.ips, families),
			SessionAffinity:       imp.SessionAffinity,
			SessionAffinityConfig: affinityConfig(imp),
			InternalTrafficPolicy: imp.InternalTrafficPolicy,
			TrafficDistribution:   imp.TrafficDistribution,
		},
	}
	if len(families) == 0 {
		made.Spec.IPFamilies = imp.IPFamilies // Not supported here: the status says so.
	}
	if h.name != "" {
		made.Annotations = merged(made.Annotations, map[string]string{mcs.AnnotationDerivedService: h.name})
	}
	for i, p := range imp.Ports {
		made.Spec.Ports[i] = mcsv1beta1.ServicePort{Name: p.Name, Protocol: p.Protocol, AppProtocol: p.AppProtocol, Port: p.Port}
		if p.Protocol == "" {
			made.Spec.Ports[i].Protocol = corev1.ProtocolTCP
		}
	}
	return made
}
