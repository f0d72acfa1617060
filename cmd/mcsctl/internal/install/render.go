package install

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
)

// Part is what one cluster gets.
type Part struct {
	// Name is "hub" or "member", and Context the kubeconfig's name for that cluster.
	Name, Context string
	// Objects are in the order in which they can be created.
	Objects []*unstructured.Unstructured
	// Notes say what is not among the objects, and where it comes from.
	Notes []string
}

// Render writes the parts without touching a cluster: as one stream of YAML documents, as JSON with one List for each part, or as a
// table. Parts without objects are left out.
func Render(s *screen.Screen, parts ...Part) error {
	switch s.Format {
	case screen.JSON:
		lists := map[string]any{}
		for _, part := range parts {
			items := make([]any, len(part.Objects))
			for i, object := range part.Objects {
				items[i] = object.Object
			}
			lists[part.Name] = map[string]any{"apiVersion": "v1", "kind": "List", "items": items}
		}
		return s.Object(lists)
	case screen.YAML:
		for _, part := range parts {
			if err := document(s, part); err != nil {
				return err
			}
		}
		return nil
	}
	var rows [][]string
	for _, part := range parts {
		for _, object := range part.Objects {
			rows = append(rows, []string{part.Name, orDash(part.Context), object.GetKind(), orDash(object.GetNamespace()), object.GetName()})
		}
	}
	s.Table([]string{"FOR", "CONTEXT", "KIND", "NAMESPACE", "NAME"}, rows)
	for _, part := range parts {
		for _, note := range part.Notes {
			s.Note("%s: %s", part.Name, note)
		}
	}
	return nil
}

// document writes one part as YAML.
func document(s *screen.Screen, part Part) error {
	if len(part.Objects) == 0 {
		return nil
	}
	s.Printf("# For the %s%s: kubectl%s apply --server-side -f -\n", part.Name, in(part.Context), flag(part.Context))
	for _, note := range part.Notes {
		s.Printf("# %s\n", strings.ReplaceAll(note, "\n", "\n# "))
	}
	for _, object := range part.Objects {
		content, err := yaml.Marshal(object.Object)
		if err != nil {
			return fmt.Errorf("writing %s %q as YAML: %w", object.GetKind(), object.GetName(), err)
		}
		s.Printf("---\n%s", content)
	}
	s.Printf("---\n")
	return nil
}

func in(context string) string {
	if context == "" {
		return ""
	}
	return " (context " + context + ")"
}

func flag(context string) string {
	if context == "" {
		return ""
	}
	return " --context " + context
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
