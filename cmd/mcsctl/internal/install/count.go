package install

import (
	"fmt"
	"slices"
	"strings"
)

// Summary says in words what applying did: how many objects were created, changed and so on.
func Summary(changes []Change) string {
	counts := Counts(changes)
	var words []string
	for _, did := range []Did{Created, Changed, Unchanged, Kept} {
		if counts[did] > 0 {
			words = append(words, fmt.Sprintf("%d %s%s", counts[did], did, named(changes, did)))
		}
	}
	if len(words) == 0 {
		return "nothing to apply"
	}
	return strings.Join(words, ", ")
}

// shown is how many objects a summary names.
const shown = 3

// named are the objects that were changed or kept, which a second run by the same program does not have: somebody wants to know which.
func named(changes []Change, did Did) string {
	if did != Changed && did != Kept {
		return ""
	}
	var names []string
	for _, change := range changes {
		if change.Did == did {
			names = append(names, change.Object.GetKind()+" "+change.Object.GetName())
		}
	}
	if len(names) > shown {
		names = append(names[:shown], "...")
	}
	return " (" + strings.Join(names, ", ") + ")"
}

// Wrote says whether anything was written.
func Wrote(changes []Change) bool {
	return slices.ContainsFunc(changes, func(c Change) bool { return c.Did == Created || c.Did == Changed })
}

// Counts says how many objects were created, changed and so on, for programs.
func Counts(changes []Change) map[Did]int {
	counts := map[Did]int{Created: 0, Changed: 0, Unchanged: 0, Kept: 0}
	for _, change := range changes {
		counts[change.Did]++
	}
	return counts
}
