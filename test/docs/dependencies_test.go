package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEveryDirectDependencyHasAReason(t *testing.T) {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs/dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	required := find(string(mod), `(?m)^\t(\S+) v\S+$`)
	explained := find(string(page), "(?m)^\\| `([^`]+)` \\| .")
	if diff := cmp.Diff(required, explained); diff != "" {
		t.Errorf("direct dependencies in go.mod and docs/dependencies.md (-go.mod +page):\n%s", diff)
	}
}

// find returns what the first group of pattern matches in text, sorted.
func find(text, pattern string) []string {
	var found []string
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}
	slices.Sort(found)
	return found
}
