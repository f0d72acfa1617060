package scenarios

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

var services = []scenario{
	{
		name: "an exported Service is imported by every member, and its export says so", clause: `KEP-1645 "Exporting Services", "Importing Services"`,
		play: exported,
	},
	{
		name: "an export without a Service waits for it", clause: `ServiceExport API, "NoService"`,
		play: waitsForService,
	},
	{
		name: "an export whose Service goes takes the import along, and stays", clause: `ServiceExport API, "NoService"`,
		play: serviceGoes,
	},
	{
		name: "an import that one of its exporters leaves keeps its uid and its IPs", clause: `KEP-1645 "ClusterSetIP"`,
		play: exporterLeaves,
	},
	{
		name: "nothing is exported from a system namespace", clause: `KEP-1645 "Restricting Exports"`,
		play: systemNamespace,
	},
	{
		name: "an annotation makes an export that goes with it", clause: `ours: the annotation is only a front door`,
		play: annotated,
	},
	{
		name: "an export made by hand is never changed or deleted for an annotation's sake", clause: `ours: the annotation is only a front door`,
		play: annotatedBesideByHand,
	},
	{
		name: "an annotation with an unknown value neither exports nor withdraws", clause: `ours: the annotation is only a front door`,
		play: unknownValue,
	},
}

// exportKey is the annotation that asks for an export.
const exportKey = "multicluster.kubernetes.io/export"

// asking is a Service with the export annotation.
func asking(value string) option {
	return func(o *offer) { o.service.Annotations = map[string]string{exportKey: value} }
}

func (s *stage) export(ctx context.Context, m *clusterset.Member, name string) (*mcsv1beta1.ServiceExport, error) {
	export := &mcsv1beta1.ServiceExport{}
	return export, m.Client.Get(ctx, s.key(name), export)
}

// published is nil when the export says that all is well, of the generation it has.
func (s *stage) published(ctx context.Context, m *clusterset.Member, name string) error {
	export, err := s.export(ctx, m, name)
	if err != nil {
		return err
	}
	for _, c := range export.Status.Conditions {
		if c.ObservedGeneration != export.Generation {
			return fmt.Errorf("condition %s is of generation %d, the export of %d", c.Type, c.ObservedGeneration, export.Generation)
		}
	}
	return s.exportSays(ctx, m, name, "Valid=True/Valid", "Ready=True/Exported", "Conflict=False/NoConflicts")
}

func exported(s *stage) {
	o := s.offer(a(), "web")
	s.everywhere("imported", func(ctx context.Context, m *clusterset.Member) error {
		return errors.Join(s.shows(ctx, m, "web", plain("a")), s.has(ctx, m, "web", "a", o.addresses()...))
	})
	s.eventually("its export says so", func(ctx context.Context) error { return s.published(ctx, a(), "web") })
	s.eventually("an Event says so", func(ctx context.Context) error { return s.event(ctx, a(), "web", "Exported", "") })
}

func waitsForService(s *stage) {
	s.create(a(), &mcsv1beta1.ServiceExport{ObjectMeta: s.meta("web")})
	s.eventually("the export says what it waits for", func(ctx context.Context) error {
		return s.exportSays(ctx, a(), "web", "Valid=False/NoService", "Ready=False/Pending", "Conflict=absent")
	})
	s.eventually("an Event says it", func(ctx context.Context) error { return s.event(ctx, a(), "web", "NoService", "") })
	s.fence("later")
	for _, m := range set.Members {
		s.now("nothing is imported in "+m.ID, func(ctx context.Context) error { return s.notImported(ctx, m, "web") })
	}
	s.service(a(), "web")
	s.everywhere("with the Service it is imported", func(ctx context.Context, m *clusterset.Member) error { return s.shows(ctx, m, "web", plain("a")) })
	s.eventually("the export says so", func(ctx context.Context) error { return s.published(ctx, a(), "web") })
	if export, err := s.export(s.Context(), a(), "web"); err != nil || export.Generation != 1 {
		s.Errorf("the export is of generation %d, want 1: it was not to be changed (%v)", export.Generation, err)
	}
}

func serviceGoes(s *stage) {
	o := s.offer(a(), "web")
	s.everywhere("imported", func(ctx context.Context, m *clusterset.Member) error { return s.shows(ctx, m, "web", plain("a")) })
	s.remove(a(), o.service)
	s.eventually("the export says that there is no Service", func(ctx context.Context) error {
		return s.exportSays(ctx, a(), "web", "Valid=False/NoService", "Ready=False/Pending", "Conflict=absent")
	})
	s.everywhere("nothing of the import is left", func(ctx context.Context, m *clusterset.Member) error { return s.notImported(ctx, m, "web") })
	s.now("the export stays", func(ctx context.Context) error {
		_, err := s.export(ctx, a(), "web")
		return err
	})
}

func exporterLeaves(s *stage) {
	s.offer(a(), "web")
	o := s.offer(b(), "web")
	s.everywhere("imported", func(ctx context.Context, m *clusterset.Member) error { return s.shows(ctx, m, "web", plain("a", "b")) })
	before := s.imports("web")
	s.remove(b(), o.export)
	s.everywhere("its endpoints are gone", func(ctx context.Context, m *clusterset.Member) error {
		return errors.Join(s.shows(ctx, m, "web", plain("a")), s.has(ctx, m, "web", "b"))
	})
	s.sameImports("web", before)
}

func systemNamespace(s *stage) {
	system := &stage{T: s.T, ns: metav1.NamespaceSystem}
	system.offer(a(), "of-the-system")
	s.eventually("the export says why not", func(ctx context.Context) error {
		return system.exportSays(ctx, a(), "of-the-system", "Valid=False/NamespaceNotAllowed", "Ready=False/Pending", "Conflict=absent")
	})
	s.fence("later")
	for _, m := range set.Members {
		s.now("nothing is imported in "+m.ID, func(ctx context.Context) error { return system.notImported(ctx, m, "of-the-system") })
	}
}

func annotated(s *stage) {
	o := s.service(a(), "web", asking("true"))
	s.everywhere("imported", func(ctx context.Context, m *clusterset.Member) error { return s.shows(ctx, m, "web", plain("a")) })
	export, err := s.export(s.Context(), a(), "web")
	if err != nil {
		s.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{mcs.LabelManagedBy: mcs.ManagedBy}, export.Labels); diff != "" {
		s.Errorf("labels of the export (-want +got):\n%s", diff)
	}
	if owner := metav1.GetControllerOf(export); owner == nil || owner.Kind != "Service" || owner.UID != o.service.UID {
		s.Errorf("the owner of the export is %v, want the Service", owner)
	}
	s.patch(a(), o.service.DeepCopy(), `{"metadata":{"annotations":{%q:null}}}`, exportKey)
	s.eventually("without the annotation there is no export", func(ctx context.Context) error {
		return s.absent(ctx, a(), &mcsv1beta1.ServiceExport{ObjectMeta: s.meta("web")})
	})
	s.everywhere("and no import", func(ctx context.Context, m *clusterset.Member) error { return s.notImported(ctx, m, "web") })
	after := &corev1.Service{}
	if err := a().Client.Get(s.Context(), s.key("web"), after); err != nil {
		s.Fatal(err)
	}
	for _, field := range after.ManagedFields {
		if field.Manager == "mcs-controller" {
			s.Errorf("the controller wrote to the user's Service: %s", field.FieldsV1)
		}
	}
}

func annotatedBesideByHand(s *stage) {
	o := s.offer(a(), "web")
	s.everywhere("imported", func(ctx context.Context, m *clusterset.Member) error { return s.shows(ctx, m, "web", plain("a")) })
	before, err := s.export(s.Context(), a(), "web")
	if err != nil {
		s.Fatal(err)
	}
	s.patch(a(), o.service.DeepCopy(), `{"metadata":{"annotations":{%q:"true"}}}`, exportKey)
	s.eventually("an Event says that the annotation changes nothing", func(ctx context.Context) error {
		return s.event(ctx, a(), "web", "ExportNotManaged", "")
	})
	s.patch(a(), o.service.DeepCopy(), `{"metadata":{"annotations":{%q:null}}}`, exportKey)
	s.service(a(), "later", asking("true"))
	s.everywhere("what was annotated later is imported", func(ctx context.Context, m *clusterset.Member) error {
		return s.shows(ctx, m, "later", plain("a"))
	})
	s.now("the export is the one it was", func(ctx context.Context) error {
		after, err := s.export(ctx, a(), "web")
		if err == nil && (after.UID != before.UID || after.Generation != before.Generation || len(after.Labels)+len(after.OwnerReferences) > 0) {
			err = fmt.Errorf("export (-before +after):\n%s", cmp.Diff(before, after))
		}
		return errors.Join(err, s.shows(ctx, b(), "web", plain("a")))
	})
}

func unknownValue(s *stage) {
	s.service(a(), "web", asking("yes"))
	made := s.service(a(), "made", asking("true"))
	s.eventually("an Event quotes it", func(ctx context.Context) error { return s.event(ctx, a(), "web", "InvalidExportValue", `"yes"`) })
	shown := func(ctx context.Context, m *clusterset.Member) error { return s.shows(ctx, m, "made", plain("a")) }
	s.everywhere("what is annotated well is imported", shown)
	s.patch(a(), made.service.DeepCopy(), `{"metadata":{"annotations":{%q:"False"}}}`, exportKey)
	s.eventually("an Event quotes that, too", func(ctx context.Context) error {
		return s.event(ctx, a(), "made", "InvalidExportValue", `"False"`)
	})
	s.fence("later")
	for _, m := range set.Members {
		s.now("nothing was exported or withdrawn, in "+m.ID, func(ctx context.Context) error {
			return errors.Join(shown(ctx, m), s.notImported(ctx, m, "web"))
		})
	}
}
