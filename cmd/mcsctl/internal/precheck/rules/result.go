package rules

import "slices"

// State says how one check ended.
type State string

// The states of a check, the harmless first.
const (
	OK   State = "ok"
	Warn State = "warn" // joining works, and something may surprise; or it could not be looked at
	Fail State = "fail" // joining would not work
)

// Causes of the catalogue that a check may name.
const (
	CauseDefinitions = "MCS-010" // the API's definitions are missing or not served
	CauseRights      = "MCS-011" // a permission is missing
	CauseTwoServers  = "MCS-013" // another plugin claims the zone
	CauseUnreachable = "MCS-014" // a cluster cannot be reached
	CauseOverlap     = "MCS-024" // address ranges overlap, so that connections go astray
	CauseIdentity    = "MCS-025" // the cluster id is invalid or disputed
)

// Result is one check and what came of it.
type Result struct {
	// Name is what was checked, in one to three words.
	Name string `json:"name"`
	// State is how it ended.
	State State `json:"state"`
	// Text is one line for people.
	Text string `json:"text"`
	// Cause is an id of the catalogue, "" where none fits or all is well.
	Cause string `json:"cause,omitempty"`
	// Fix is what to do, most often a command to paste; "" where there is nothing to do.
	Fix string `json:"fix,omitempty"`
}

// Worst returns the worst state among the results: OK where there are none.
func Worst(results []Result) State {
	worst := OK
	for _, state := range []State{Warn, Fail} {
		if slices.ContainsFunc(results, func(r Result) bool { return r.State == state }) {
			worst = state
		}
	}
	return worst
}
