package join

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/install"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/precheck"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// ours are the objects in the member that a join wrote, in any of its forms, in the order in which they were created: the namespace goes
// last, and nothing that somebody else made under one of the names goes at all.
func (l *leaving) ours(ctx context.Context, p plan) ([]*unstructured.Unstructured, error) {
	own, err := manifests.CoreDNS(manifests.DNSOwn, "", "")
	if err != nil {
		return nil, err
	}
	var all []*unstructured.Unstructured
	seen := map[string]bool{}
	for _, object := range slices.Concat(p.base, own, []*unstructured.Unstructured{hubSecret(nil)}, p.workloads) {
		id := object.GetKind() + " " + object.GetNamespace() + "/" + object.GetName()
		if object.GetKind() != "CustomResourceDefinition" && !seen[id] {
			all = append(all, object)
		}
		seen[id] = true
	}
	return l.present(ctx, all)
}

// present are those of the objects that are in the member and ours, as they are there.
func (l *leaving) present(ctx context.Context, objects []*unstructured.Unstructured) ([]*unstructured.Unstructured, error) {
	var found []*unstructured.Unstructured
	for _, object := range objects {
		current := &unstructured.Unstructured{}
		current.SetGroupVersionKind(object.GroupVersionKind())
		switch err := l.member.Get(ctx, client.ObjectKeyFromObject(object), current); {
		case apierrors.IsNotFound(err), meta.IsNoMatchError(err):
			continue
		case err != nil:
			return nil, fmt.Errorf("reading %s %q in context %q: %w", object.GetKind(), client.ObjectKeyFromObject(object), l.member.Context, err)
		}
		if mine(current) && current.GetDeletionTimestamp() == nil {
			found = append(found, current)
		}
	}
	return found, nil
}

// mine says whether an object that bears one of our names is ours: names that others might use as well are looked at closer.
func mine(object *unstructured.Unstructured) bool {
	switch object.GetKind() {
	case "ClusterProperty":
		return object.GetLabels()[mcs.LabelManagedBy] == labels[mcs.LabelManagedBy]
	case "Service":
		return object.GetLabels()[manifests.LabelName] == manifests.CoreDNSDeployment
	}
	return true
}

// made are the kinds of which the controller makes objects, each with the label that marks its own.
func made() []struct {
	label string
	list  client.ObjectList
} {
	return []struct {
		label string
		list  client.ObjectList
	}{
		{mcs.LabelManagedBy, &mcsv1beta1.ServiceImportList{}},
		{mcs.LabelManagedBy, &mcsv1beta1.ServiceExportList{}},
		{mcs.LabelManagedBy, &corev1.ServiceList{}},
		{discoveryv1.LabelManagedBy, &discoveryv1.EndpointSliceList{}},
	}
}

// removeImports removes what the controller made and did not remove itself.
func (l *leaving) removeImports(ctx context.Context) (string, error) {
	deleted := 0
	for _, kind := range made() {
		err := each(ctx, l.member, kind.list, client.MatchingLabels{kind.label: mcs.ManagedBy}, func(object client.Object) error {
			if err := l.member.Delete(ctx, object); client.IgnoreNotFound(err) != nil {
				return fmt.Errorf("deleting %T %q in context %q: %w", object, client.ObjectKeyFromObject(object), l.member.Context, err)
			}
			deleted++
			return nil
		})
		if err != nil {
			return "", err
		}
	}
	if deleted == 0 {
		return "", nil
	}
	return fmt.Sprintf("%d objects removed that its controller had made and left", deleted), nil
}

// removeDefinitions removes the CustomResourceDefinitions where that was asked for: deleting one deletes all its objects, whoever's they are.
func (l *leaving) removeDefinitions(ctx context.Context) (string, error) {
	definitions, err := manifests.MemberCRDs()
	if err != nil {
		return "", err
	}
	if !l.options.crds {
		return "the definitions of the Multi-Cluster Services API stay; --crds removes them", nil
	}
	var removable []*unstructured.Unstructured
	var kept []string
	for _, definition := range definitions {
		current, err := install.Read(ctx, l.member, definition)
		if err != nil {
			return "", err
		}
		if current == nil {
			continue
		}
		if !precheck.Ours(current) {
			kept = append(kept, definition.GetName())
			continue
		}
		left, err := objectsOf(ctx, l.member, definition)
		if err != nil {
			return "", err
		}
		if left > 0 {
			return "", exit.Problem(fmt.Errorf("%s is kept: %d objects of it are somebody's; delete them first: kubectl --context %s get %s -A",
				definition.GetName(), left, l.member.Context, definition.GetName()))
		}
		removable = append(removable, current)
	}
	deleted, err := install.Delete(ctx, l.member, removable...)
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("%d definitions removed", deleted)
	if len(kept) > 0 {
		text += fmt.Sprintf("; somebody else installed %s", strings.Join(kept, ", "))
	}
	return text, nil
}

// objectsOf counts the objects of a definition that is shipped, up to one page.
func objectsOf(ctx context.Context, cluster *kube.Cluster, definition *unstructured.Unstructured) (int, error) {
	group, _, _ := unstructured.NestedString(definition.Object, "spec", "group") // shipped ones are well formed, as a test says
	kind, _, _ := unstructured.NestedString(definition.Object, "spec", "names", "kind")
	versions, _, _ := unstructured.NestedSlice(definition.Object, "spec", "versions")
	version := ""
	for _, v := range versions {
		if v, ok := v.(map[string]any); ok {
			version, _, _ = unstructured.NestedString(v, "name")
		}
	}
	list := &unstructured.UnstructuredList{}
	list.SetAPIVersion(group + "/" + version)
	list.SetKind(kind + "List")
	return count(ctx, cluster, list)
}

// page bounds one answer of an API server.
const page = 500

// count counts the objects of a list. A kind that is not served has none.
func count(ctx context.Context, cluster *kube.Cluster, list client.ObjectList, options ...client.ListOption) (int, error) {
	n := 0
	err := each(ctx, cluster, list, nil, func(client.Object) error { n++; return nil }, options...)
	return n, err
}

// each calls do for each object, page by page.
func each(ctx context.Context, cluster *kube.Cluster, list client.ObjectList, labels client.MatchingLabels, do func(client.Object) error, options ...client.ListOption) error {
	options = append(options, client.Limit(page))
	if labels != nil {
		options = append(options, labels)
	}
	for next := ""; ; {
		err := cluster.List(ctx, list, append(options, client.Continue(next))...)
		switch {
		case meta.IsNoMatchError(err), apierrors.IsNotFound(err):
			return nil
		case err != nil:
			return fmt.Errorf("listing %T in context %q: %w", list, cluster.Context, err)
		}
		err = meta.EachListItem(list, func(o runtime.Object) error {
			object, ok := o.(client.Object)
			if !ok {
				return fmt.Errorf("listing %T in context %q: a %T", list, cluster.Context, o)
			}
			return do(object)
		})
		if next = list.GetContinue(); err != nil || next == "" {
			return err
		}
	}
}

// preview shows what a leave would remove.
func (l *leaving) preview(ctx context.Context) error {
	p, err := l.plan()
	if err != nil {
		return err
	}
	var parts []install.Part
	if l.hub() != nil {
		parts = append(parts, install.Part{Name: "hub", Context: l.hub().Context, Objects: slices.Concat(p.place, []*unstructured.Unstructured{p.credential, p.profile})})
	}
	if l.member != nil {
		objects, err := l.ours(ctx, p)
		if err != nil {
			return err
		}
		for _, object := range objects {
			object.SetManagedFields(nil)
			if object.GetKind() == "Secret" {
				delete(object.Object, "data")
			}
		}
		parts = append(parts, install.Part{Name: "member", Context: l.member.Context, Objects: objects,
			Notes: []string{"and what its controller made: ServiceImports, derived Services, EndpointSlices, and ServiceExports of annotations"}})
	}
	return install.Render(l.screen, parts...)
}
