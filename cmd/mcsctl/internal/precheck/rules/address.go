package rules

import "strings"

// address judges what the API server says of the addresses that are asked for Services. Where a Service is somebody else's, taken has
// said what matters.
func address(f Facts) []Result {
	const name = "dns address"
	switch {
	case len(f.Taken.Value) > 0 || f.Taken.Err != nil:
		return nil
	case f.Refused.Err != nil:
		return []Result{cannotTell(name, f.Refused.Err)}
	case len(f.Refused.Value) == 0:
		return nil
	}
	return []Result{{Name: name, State: Fail, Text: strings.Join(f.Refused.Value, "; "),
		Fix: "choose a --dns-address that is free in the cluster; if the Service is there with another, use that one, or delete the Service first"}}
}
