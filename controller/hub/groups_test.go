package hub

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"
)

// TestGroupsAreWhatWasAddedAndNotRemoved grows groups over the size at which they are kept in another form, and shrinks them again.
func TestGroupsAreWhatWasAddedAndNotRemoved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := newGroups()
		model := map[types.NamespacedName]map[types.NamespacedName]bool{}
		name := rapid.Custom(func(t *rapid.T) types.NamespacedName {
			return types.NamespacedName{Name: fmt.Sprint(rapid.IntRange(0, 3*smallGroup).Draw(t, "name"))}
		})
		for range rapid.IntRange(0, 100).Draw(t, "steps") {
			group := types.NamespacedName{Namespace: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "group")}
			object := name.Draw(t, "object")
			if model[group] == nil {
				model[group] = map[types.NamespacedName]bool{}
			}
			switch {
			case rapid.IntRange(0, 2).Draw(t, "step") == 0:
				g.remove(group, object)
				delete(model[group], object)
			case !model[group][object]:
				g.add(group, object)
				model[group][object] = true
			}
			var got []types.NamespacedName
			g.of(group, func(object types.NamespacedName) { got = append(got, object) })
			compare := func(a, b types.NamespacedName) int { return strings.Compare(a.Name, b.Name) }
			slices.SortFunc(got, compare)
			if want := slices.SortedFunc(maps.Keys(model[group]), compare); !slices.Equal(got, want) {
				t.Fatalf("the group has %v, want %v", got, want)
			}
		}
		for group, objects := range model {
			for object := range objects {
				g.remove(group, object)
			}
		}
		if len(g.small)+len(g.large) > 0 {
			t.Fatalf("groups without members are still there: %v %v", g.small, g.large)
		}
	})
}
