package membership

// State says whether a member is alive, as far as this cluster has seen.
type State int

// The states of a member. The zero value is Unknown.
const (
	// Unknown is a member whose Lease is missing, or has not been seen to move since this controller began to watch, for less
	// than the stale time. It proves nothing: what was imported from the member stays as it is.
	Unknown State = iota
	// Fresh is a member whose Lease has moved within the stale time, or one that is frozen (see [Verdict]).
	Fresh
	// Stale is a member that has been silent for the stale time. Its endpoints step back where a fresh member can serve.
	Stale
	// Forgotten is a member that has been silent for the forget time. It is left out of imports until it returns.
	Forgotten
)

// String returns the state in lower case, as metrics and messages have it.
func (s State) String() string {
	switch s {
	case Fresh:
		return "fresh"
	case Stale:
		return "stale"
	case Forgotten:
		return "forgotten"
	}
	return "unknown"
}
