package exports

import (
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/health"
	"github.com/multicluster-dns/multicluster-dns/controller/annotate"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// facts is what decides.
type facts struct {
	key     types.NamespacedName
	context string
	// service is the Service of that name; nil if there is none. near are Services with a name like it.
	service *corev1.Service
	near    []string
	// namespaceSays is the export annotation of the namespace, "" for none.
	namespaceSays string
	// export is the ServiceExport of that name; nil if there is none.
	export *mcsv1beta1.ServiceExport
	// denied are the namespaces that nothing is exported from.
	denied []string
}

// serviceSays is the export annotation of the Service, "" for none.
func (f facts) serviceSays() string {
	if f.service == nil {
		return ""
	}
	return f.service.Annotations[annotate.DefaultKey]
}

// managed is whether the annotation made the ServiceExport.
func (f facts) managed() bool {
	return f.export != nil && f.export.Labels[mcs.LabelManagedBy] == mcs.ManagedBy
}

// annotation is what is to become of the Service's annotation.
type annotation int

const (
	keep annotation = iota
	setTrue
	setFalse
	remove
)

// plan is what to write. The zero value is nothing.
type plan struct {
	create, delete bool // the ServiceExport
	annotation     annotation
	notes          []string // what the user should know
}

func (p plan) empty() bool { return !p.create && !p.delete && p.annotation == keep }

// planExport decides what exports the Service, or why it cannot be exported.
//
//	ServiceExport   by annotation  plan
//	none            no             create one
//	none            yes            annotate the Service
//	any             no             nothing: it is exported
//	made by it      yes            annotate the Service, which may be exported by its namespace only
//	hand-written    yes            refuse: the annotation would have no effect
func planExport(f facts, byAnnotation bool) (plan, error) {
	if err := refuse(f); err != nil {
		return plan{}, err
	}
	switch {
	case byAnnotation && f.export != nil && !f.managed():
		return plan{}, fmt.Errorf("%s has a ServiceExport that was written by hand, which the annotation would not change: it is exported already", f.key)
	case byAnnotation && f.serviceSays() == "true":
		return plan{notes: []string{"the Service is annotated already"}}, nil
	case byAnnotation:
		return plan{annotation: setTrue}, nil
	case f.export != nil:
		return plan{notes: []string{"it is exported already"}}, nil
	}
	p := plan{create: true}
	if f.serviceSays() == "false" {
		p.notes = append(p.notes, "the Service is annotated "+annotate.DefaultKey+"=false, which a ServiceExport written by hand goes before")
	}
	return p, nil
}

// refuse says why a Service cannot be exported; nil if it can.
func refuse(f facts) error {
	switch {
	case f.service == nil && len(f.near) > 0:
		return fmt.Errorf("there is no Service %q in namespace %q of context %q: did you mean %s?", f.key.Name, f.key.Namespace, f.context, strings.Join(f.near, ", "))
	case f.service == nil:
		return fmt.Errorf("there is no Service %q in namespace %q of context %q: create it first, or choose another with -n and --context", f.key.Name, f.key.Namespace, f.context)
	case f.service.Spec.Type == corev1.ServiceTypeExternalName:
		return fmt.Errorf("service %s is an ExternalName, which has no endpoints to export (KEP-1645): export the Service it stands for, or give it a selector", f.key)
	case mcs.IsDerivedService(f.service):
		return fmt.Errorf("service %s is itself the result of an import: export the original where it runs", f.key)
	}
	for _, namespace := range f.denied {
		if namespace == f.key.Namespace {
			return fmt.Errorf("namespace %q is one that nothing is exported from (%s): move the Service, or change --denied-namespaces of mcs-controller in every member",
				namespace, strings.Join(f.denied, ", "))
		}
	}
	return nil
}

// errNotExported is returned for what is not in the clusterset from this cluster.
var errNotExported = errors.New("it is not exported")

// planUnexport decides what takes the Service out: whatever exports it.
//
//	ServiceExport   Service says  namespace says  plan
//	none            not true      not true        errNotExported
//	hand-written    not true      not true        delete it
//	hand-written    true          not true        delete it, remove the annotation
//	made by it      true          not true        remove the annotation: the controller deletes it
//	any             any           true            set the annotation to false; delete it if hand-written
//	made by it      not true      not true        nothing: the controller is about to delete it
func planUnexport(f facts) (plan, error) {
	var p plan
	switch {
	case f.namespaceSays == "true" && f.service != nil && f.serviceSays() != "false":
		p.annotation = setFalse
		p.notes = append(p.notes, fmt.Sprintf("namespace %q exports all its Services: this one is opted out by %s=false", f.key.Namespace, annotate.DefaultKey))
	case f.serviceSays() == "true":
		p.annotation = remove
	}
	p.delete = f.export != nil && !f.managed()
	if p.empty() && f.export == nil {
		return plan{}, fmt.Errorf("taking %s out of the clusterset from context %q: %w", f.key, f.context, errNotExported)
	}
	return p, nil
}

// near returns those names that look like the wanted one, at most five.
func near(wanted string, names []string) []string {
	var out []string
	for _, name := range names {
		if len(out) < 5 && (distance(wanted, name) <= 1+len(wanted)/4 || strings.Contains(name, wanted) || strings.Contains(wanted, name)) {
			out = append(out, name)
		}
	}
	return out
}

// distance is the number of letters to insert, delete or replace to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		above := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			above, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, above+cost)
		}
	}
	return row[len(b)]
}

// name is what the Service is called in the clusterset.
func (f facts) name() string { return health.Zoned(f.key.Name, f.key.Namespace) }
