package rules

import (
	"fmt"
	"strings"
)

// shown is how many of many things one line names.
const shown = 3

func rights(f Facts) []Result {
	results := []Result{rightsOn("rbac", f.Member)}
	if f.Hub.Context != "" {
		results = append(results, rightsOn("hub rbac", f.Hub))
	}
	return results
}

func rightsOn(name string, side Side) Result {
	if side.Rights.Err != nil {
		return cannotTell(name, side.Rights.Err)
	}
	var missing []string
	for _, right := range side.Rights.Value {
		if right.Allowed {
			continue
		}
		words := right.Verb + " " + right.Resource
		if right.Namespace != "" {
			words += " in " + right.Namespace
		}
		missing = append(missing, words)
	}
	if len(missing) == 0 {
		return Result{Name: name, State: OK, Text: fmt.Sprintf("all %d rights that a join needs", len(side.Rights.Value))}
	}
	return Result{Name: name, State: Fail, Text: fmt.Sprintf("you may not %s in context %q", some(missing), side.Context), Cause: CauseRights,
		Fix: "have somebody who may apply what this prints: mcsctl join --dry-run -o yaml"}
}

// some joins the first of many words and says how many more there are.
func some(words []string) string {
	if len(words) <= shown {
		return strings.Join(words, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(words[:shown], ", "), len(words)-shown)
}
