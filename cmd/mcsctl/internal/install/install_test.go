package install

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
)

func object(kind, name string, fields map[string]any) *unstructured.Unstructured {
	o := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": kind}}
	for key, value := range fields {
		o.Object[key] = value
	}
	o.SetName(name)
	return o
}

func TestSummary(t *testing.T) {
	change := func(did Did, kind, name string) Change { return Change{Object: object(kind, name, nil), Did: did} }
	for _, tc := range []struct {
		name    string
		changes []Change
		want    string
		wrote   bool
	}{
		{"nothing is said to be nothing", nil, "nothing to apply", false},
		{"what was made is counted", []Change{change(Created, "Role", "a"), change(Created, "Role", "b")}, "2 created", true},
		{"what stayed is no write", []Change{change(Unchanged, "Role", "a"), change(Kept, "CustomResourceDefinition", "b")}, "1 unchanged, 1 kept (CustomResourceDefinition b)", false},
		{"what changed is named", []Change{change(Unchanged, "Role", "a"), change(Changed, "Secret", "b")}, "1 changed (Secret b), 1 unchanged", true},
		{"of many that changed three are", []Change{change(Changed, "Role", "a"), change(Changed, "Role", "b"), change(Changed, "Role", "c"), change(Changed, "Role", "d")},
			"4 changed (Role a, Role b, Role c, ...)", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := Summary(tc.changes); got != tc.want {
				t.Errorf("Summary says %q, want %q", got, tc.want)
			}
			if got := Wrote(tc.changes); got != tc.wrote {
				t.Errorf("Wrote says %v, want %v", got, tc.wrote)
			}
		})
	}
}

func TestWhatAnAPIServerKeepsForItselfIsNoChange(t *testing.T) {
	before := object("Service", "a", map[string]any{"spec": map[string]any{"type": "ClusterIP"}, "status": map[string]any{"n": int64(1)}})
	before.SetResourceVersion("1")
	before.SetGeneration(1)
	for _, tc := range []struct {
		name   string
		change func(*unstructured.Unstructured)
		want   bool
	}{
		{"versions and status", func(o *unstructured.Unstructured) {
			o.SetResourceVersion("2")
			o.SetGeneration(2)
			o.Object["status"] = map[string]any{"n": int64(2)}
		}, true},
		{"a label", func(o *unstructured.Unstructured) { o.SetLabels(map[string]string{"a": "b"}) }, false},
		{"the spec", func(o *unstructured.Unstructured) { o.Object["spec"] = map[string]any{"type": "NodePort"} }, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			after := before.DeepCopy()
			tc.change(after)
			if got := same(before, after); got != tc.want {
				t.Errorf("same says %v, want %v", got, tc.want)
			}
		})
	}
}

func TestWhatKeepsAnObjectIsSaid(t *testing.T) {
	condition := func(kind, status, message string) any {
		return map[string]any{"type": kind, "status": status, "message": message}
	}
	finalized := object("ConfigMap", "a", nil)
	finalized.SetFinalizers([]string{"example.org/a", "example.org/b"})
	for _, tc := range []struct {
		name   string
		object *unstructured.Unstructured
		want   string
	}{
		{"one that was never seen", nil, ""},
		{"one that says nothing", object("ConfigMap", "a", nil), ""},
		{"its finalizers", finalized, ", for finalizers example.org/a, example.org/b"},
		{"what a namespace says is left in it", object("Namespace", "a", map[string]any{"status": map[string]any{"conditions": []any{
			condition("NamespaceDeletionDiscoveryFailure", "False", "well"),
			condition("NamespaceContentRemaining", "True", "pods. has 1 resource instances"),
		}}}), ", for pods. has 1 resource instances"},
		{"a status of another form", object("Namespace", "a", map[string]any{"status": map[string]any{"conditions": []any{"odd"}}}), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := keeps(tc.object); got != tc.want {
				t.Errorf("it says %q, want %q", got, tc.want)
			}
		})
	}
}

func TestRender(t *testing.T) {
	parts := []Part{
		{Name: "hub", Context: "east", Objects: []*unstructured.Unstructured{object("Namespace", "a", nil)}, Notes: []string{"first line\nsecond line"}},
		{Name: "member"},
	}
	for _, tc := range []struct {
		name   string
		format screen.Format
		want   string
	}{
		{"for kubectl apply", screen.YAML, "# For the hub (context east): kubectl --context east apply --server-side -f -\n# first line\n# second line\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n---\n"},
		{"for people", screen.Table, "FOR  CONTEXT  KIND       NAMESPACE  NAME\nhub  east     Namespace  -          a\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out, notes bytes.Buffer
			if err := Render(&screen.Screen{Out: &out, Err: &notes, Format: tc.format}, parts...); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, out.String()); diff != "" {
				t.Errorf("what is written differs (-want +got):\n%s", diff)
			}
			if tc.format == screen.Table && !strings.Contains(notes.String(), "hub: first line") {
				t.Errorf("the note is not shown: %q", notes.String())
			}
		})
	}
}
