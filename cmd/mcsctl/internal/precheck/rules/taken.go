package rules

import (
	"fmt"
	"strings"
)

// taken judges the Services that are to be written and are somebody else's: with the cluster's DNS Service, all its pods would ask
// another server, and a later leave would remove it.
func taken(f Facts) []Result {
	const name = "services"
	switch {
	case f.Taken.Err != nil:
		return []Result{cannotTell(name, f.Taken.Err)}
	case len(f.Taken.Value) == 0:
		return nil
	}
	return []Result{{Name: name, State: Fail, Text: fmt.Sprintf("%s is there and somebody else's: the cluster has a DNS server", strings.Join(f.Taken.Value, ", ")),
		Cause: CauseTwoServers, Fix: "join with --dns=beside"}}
}
