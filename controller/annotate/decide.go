package annotate

import (
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// facts are what a decision rests on, all of one namespace and name.
type facts struct {
	// service is nil when there is none.
	service *corev1.Service
	// namespace is nil when it is not known (yet), which decides nothing.
	namespace *corev1.Namespace
	// export is nil when there is none.
	export *mcsv1beta1.ServiceExport
}

// action is what is to be done to the ServiceExport.
type action int

const (
	keep action = iota
	create
	update
	remove
)

// decision is an action, the ServiceExport to act with, and what to tell the person who annotated.
type decision struct {
	action action
	export *mcsv1beta1.ServiceExport
	notice notice
}

// notice is an Event for the Service; the zero value is none.
type notice struct {
	kind, reason, text string
}

// String is all that the notice says, "" for none.
func (n notice) String() string {
	if n == (notice{}) {
		return ""
	}
	return n.kind + " " + n.reason + ": " + n.text
}

// Reasons of Events on an annotated Service.
const (
	// ReasonExportNotManaged says that a ServiceExport of the name was written by hand, so that the annotation changes nothing.
	ReasonExportNotManaged = "ExportNotManaged"
	// ReasonInvalidExportValue says that the annotation is neither "true" nor "false", so that it changes nothing.
	ReasonInvalidExportValue = "InvalidExportValue"
	// ReasonNamespaceNotAllowed says that the Service's namespace is one that is not exported from.
	ReasonNamespaceNotAllowed = "NamespaceNotAllowed"
)

// decide says what the annotations ask of the ServiceExport:
//
//	Service  says             ServiceExport    then
//	none     -                any              keep: the owner reference collects what was made for it
//	derived  -                any              keep: an import is not exported again
//	any      unknown value    any              keep, InvalidExportValue
//	any      true             none             create, unless the namespace is on its way out
//	any      true             ours, equal      keep
//	any      true             ours, differs    update
//	any      true             by hand          keep, ExportNotManaged
//	any      false, nothing   none             keep
//	any      false, nothing   ours             remove
//	any      false            by hand          keep, ExportNotManaged
//
// A Service that says nothing says what its Namespace says, except default/kubernetes, which only its own annotation exports. In a
// denied namespace "true" is as good as "false", and says so.
func (r Rules) decide(f facts) decision {
	if f.service == nil || mcs.IsDerivedService(f.service) {
		return decision{}
	}
	own := wishOf(f.service.Annotations, r.Key)
	said := own
	if own == unsaid && !isAPIServer(f.service) {
		if f.namespace == nil {
			return decision{}
		}
		said = wishOf(f.namespace.Annotations, r.Key)
	}
	managed := isManaged(f.export, f.service.Name)
	switch {
	case said == unknown:
		return decision{notice: r.invalidValue(f, own)}
	case f.export != nil && f.export.DeletionTimestamp != nil:
		return decision{} // Its deletion, once done, is an event of its own.
	case f.export != nil && !managed:
		return decision{notice: r.notManaged(own)}
	case said == yes && r.Denied[f.service.Namespace]:
		d := decision{notice: denied(f.service.Namespace)}
		if managed {
			d.action, d.export = remove, f.export
		}
		return d
	case said == yes && f.export == nil && f.namespace != nil && f.namespace.DeletionTimestamp != nil:
		return decision{} // The API server would refuse it, again and again.
	case said == yes && f.export == nil:
		return decision{action: create, export: exportOf(f.service)}
	case said == yes:
		return updated(f.export, exportOf(f.service))
	case managed:
		return decision{action: remove, export: f.export}
	}
	return decision{}
}

// updated returns the decision that makes current, which is ours, what wanted is.
func updated(current, wanted *mcsv1beta1.ServiceExport) decision {
	if equality.Semantic.DeepEqual(current.Spec, wanted.Spec) &&
		equality.Semantic.DeepEqual(current.OwnerReferences, wanted.OwnerReferences) {
		return decision{}
	}
	next := current.DeepCopy()
	next.Spec = wanted.Spec
	next.OwnerReferences = wanted.OwnerReferences // A Service made anew keeps its export, and the export its precedence.
	return decision{action: update, export: next}
}

// exportOf returns the ServiceExport for an annotated Service. Nothing of the Service's own labels and annotations reaches it
// unless listed: they belong to whoever deployed the Service, and other clusters' objects are not theirs to mark.
func exportOf(service *corev1.Service) *mcsv1beta1.ServiceExport {
	return &mcsv1beta1.ServiceExport{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:       service.Namespace,
			Name:            service.Name,
			Labels:          maps.Clone(managedLabels),
			OwnerReferences: []metav1.OwnerReference{ownedBy(service)},
		},
		Spec: mcsv1beta1.ServiceExportSpec{
			ExportedLabels:      selected(service.Annotations[LabelsKey], service.Labels),
			ExportedAnnotations: selected(service.Annotations[AnnotationsKey], service.Annotations),
		},
	}
}

// ownedBy has the ServiceExport collected with its Service, and nothing wait for it: the deletion of a Service is not ours to block,
// and some clusters ask for a permission to.
func ownedBy(service *corev1.Service) metav1.OwnerReference {
	return metav1.OwnerReference{APIVersion: "v1", Kind: "Service", Name: service.Name, UID: service.UID, Controller: new(true)}
}

// managedLabels mark a ServiceExport that an annotation made. Whoever takes the label off takes the object over.
var managedLabels = map[string]string{mcs.LabelManagedBy: mcs.ManagedBy}

// isManaged says whether this package made export: it bears the label and a Service of its name controls it.
func isManaged(export *mcsv1beta1.ServiceExport, name string) bool {
	if export == nil || export.Labels[mcs.LabelManagedBy] != mcs.ManagedBy {
		return false
	}
	owner := metav1.GetControllerOf(export)
	return owner != nil && owner.Kind == "Service" && owner.Name == name
}

// isAPIServer says whether service is the API server's own, which every cluster has under this name: exported along with its
// namespace it would hand all members the union of all API servers.
func isAPIServer(service *corev1.Service) bool {
	return service.Namespace == metav1.NamespaceDefault && service.Name == "kubernetes"
}

func (r Rules) invalidValue(f facts, own wish) notice {
	value, where := f.service.Annotations[r.Key], "Service"
	if own == unsaid {
		value, where = f.namespace.Annotations[r.Key], "Namespace"
	}
	return notice{
		kind:   corev1.EventTypeWarning,
		reason: ReasonInvalidExportValue,
		text:   fmt.Sprintf("Annotation %s of the %s is %q: it must be \"true\" or \"false\". Nothing was exported or withdrawn.", r.Key, where, shortened(value)),
	}
}

// notManaged tells of an annotation on the Service itself that a hand-written ServiceExport overrules. A Namespace's annotation is
// meant for those Services that have no export of their own, so it is silent.
func (r Rules) notManaged(own wish) notice {
	if own == unsaid {
		return notice{}
	}
	return notice{
		kind:   corev1.EventTypeNormal,
		reason: ReasonExportNotManaged,
		text:   fmt.Sprintf("The ServiceExport of this name was not made by annotation %s and is left as it is.", r.Key),
	}
}

func denied(namespace string) notice {
	return notice{
		kind:   corev1.EventTypeWarning,
		reason: ReasonNamespaceNotAllowed,
		text:   fmt.Sprintf("Services of namespace %q are not exported: it is on the list of denied namespaces.", namespace),
	}
}

// shortened keeps a value that anybody may write from filling the Event.
func shortened(value string) string {
	const most = 64
	if len(value) <= most {
		return value
	}
	return value[:most] + "..."
}
