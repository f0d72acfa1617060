package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/shell"
)

func definitions(f Facts) []Result {
	results := []Result{definitionsOf("mcs crds", f.Member)}
	if f.Hub.Context != "" {
		results = append(results, hubDefinitions(f.Hub))
	}
	return results
}

// definitionsOf judges those that a join installs where they are missing.
func definitionsOf(name string, side Side) Result {
	if side.Definitions.Err != nil {
		return cannotTell(name, side.Definitions.Err)
	}
	var missing, kept []string
	for _, d := range side.Definitions.Value {
		if problem, bad := unusable(name, side.Context, d); bad {
			return problem
		}
		switch {
		case !d.Found:
			missing = append(missing, d.Name)
		case !d.Ours:
			kept = append(kept, d.Name)
		}
	}
	var parts []string
	if len(missing) == len(side.Definitions.Value) {
		parts = append(parts, "not there yet, will be installed")
	} else if len(missing) > 0 {
		parts = append(parts, strings.Join(missing, ", ")+" will be installed")
	}
	if len(kept) > 0 {
		parts = append(parts, "made by somebody else and kept: "+strings.Join(kept, ", "))
	}
	if len(parts) == 0 {
		parts = []string{"served"}
	}
	return Result{Name: name, State: OK, Text: strings.Join(parts, "; ")}
}

// hubDefinitions judges those without which a cluster is no hub; mcsctl hub init installs them.
func hubDefinitions(side Side) Result {
	const name = "hub crds"
	if side.Definitions.Err != nil {
		return cannotTell(name, side.Definitions.Err)
	}
	for _, d := range side.Definitions.Value {
		if problem, bad := unusable(name, side.Context, d); bad {
			return problem
		}
		if !d.Found {
			return Result{Name: name, State: Fail, Text: fmt.Sprintf("context %q is no hub yet: %s is not there", side.Context, d.Name),
				Cause: CauseDefinitions, Fix: "mcsctl hub init --context " + shell.Word(side.Context)}
		}
	}
	return Result{Name: name, State: OK, Text: "served"}
}

// unusable judges one that is there.
func unusable(name, context string, d Definition) (Result, bool) {
	if d.Going {
		return Result{Name: name, State: Fail, Text: d.Name + " is being deleted", Cause: CauseDefinitions,
			Fix: fmt.Sprintf("wait until it is gone: kubectl --context %s wait --for=delete crd/%s", shell.Word(context), d.Name)}, true
	}
	if d.Found && !slices.ContainsFunc(d.Served, func(v string) bool { return slices.Contains(d.Speaks, v) }) {
		return Result{Name: name, State: Fail, Text: fmt.Sprintf("%s serves %s and none of %s", d.Name, orNothing(d.Served), strings.Join(d.Speaks, ", ")),
			Cause: CauseDefinitions, Fix: fmt.Sprintf("have %s served: kubectl --context %s get crd %s -o yaml", d.Speaks[0], shell.Word(context), d.Name)}, true
	}
	return Result{}, false
}

func orNothing(words []string) string {
	if len(words) == 0 {
		return "nothing"
	}
	return strings.Join(words, ", ")
}
