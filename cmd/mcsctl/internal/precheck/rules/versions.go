package rules

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/version"
)

// The versions of Kubernetes that are known to do.
var (
	// oldestMember serves ServiceCIDRs in networking.k8s.io/v1, which the controller watches.
	oldestMember = version.MustParseGeneric("1.33")
	// oldestHub knows isIP and ip() in the rules of a CustomResourceDefinition, which the records' have.
	oldestHub = version.MustParseGeneric("1.31")
	// newest is the one the project's tests run.
	newest = version.MustParseGeneric("1.36")
)

func versions(f Facts) []Result {
	results := []Result{oneVersion("kubernetes", f.Member, oldestMember)}
	if f.Hub.Context != "" && !f.HubIsMember {
		results = append(results, oneVersion("hub kubernetes", f.Hub, oldestHub))
	}
	return results
}

func oneVersion(name string, side Side, oldest *version.Version) Result {
	if side.Version.Err != nil {
		return Result{Name: name, State: Fail, Text: fmt.Sprintf("context %q does not answer: %v", side.Context, side.Version.Err), Cause: CauseUnreachable,
			Fix: "kubectl --context " + side.Context + " version"}
	}
	stated := side.Version.Value
	supported := fmt.Sprintf("(supported %d.%d-%d.%d)", oldest.Major(), oldest.Minor(), newest.Major(), newest.Minor())
	parsed, err := version.ParseGeneric(stated)
	switch {
	case err != nil:
		return cannotTell(name, fmt.Errorf("the version is %q", stated))
	case parsed.LessThan(oldest):
		return Result{Name: name, State: Fail, Text: stated + " is too old " + supported,
			Fix: fmt.Sprintf("upgrade the cluster of context %s to Kubernetes %d.%d or newer", side.Context, oldest.Major(), oldest.Minor())}
	case version.MajorMinor(parsed.Major(), parsed.Minor()).GreaterThan(newest):
		return Result{Name: name, State: Warn, Text: stated + " is newer than what is tested " + supported}
	}
	return Result{Name: name, State: OK, Text: stated + " " + supported}
}
