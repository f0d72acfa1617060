package rules

// Decide returns one result for each check, in the order in which people would look. A cluster without a single Fail can join.
func Decide(f Facts) []Result {
	var results []Result
	for _, rule := range []func(Facts) []Result{
		versions,      // Kubernetes is one that the controller and the definitions were made for.
		definitions,   // The API is served, or can be, in a version that the controller speaks.
		rights,        // Whoever joins may write what a join writes.
		identity,      // The id is valid, agreed on, and nobody else's.
		networks,      // Pods of one member can be told from those of another by their address.
		reach,         // The member's pods can be expected to reach the hub.
		otherHub,      // It is no other hub's member.
		nameServer,    // Nobody else answers for the zone.
		taken,         // Nobody loses the Service of its own DNS server.
		address,       // Its Service can have the address that is asked for.
		otherImporter, // Nobody else writes ServiceImports.
	} {
		results = append(results, rule(f)...)
	}
	return results
}

// cannotTell is the result of a check whose facts could not be read.
func cannotTell(name string, err error) Result {
	return Result{Name: name, State: Warn, Text: "cannot tell: " + err.Error()}
}

// DecideHub judges a cluster that is to become a hub.
func DecideHub(hub Side) []Result {
	results := []Result{oneVersion("kubernetes", hub, oldestHub)}
	if results[0].Cause == CauseUnreachable {
		return results
	}
	return append(results, definitionsOf("hub crds", hub), rightsOn("rbac", hub))
}

// DecideRegistration judges a hub on which somebody is to register a member, whose pods would reach it at a URL.
func DecideRegistration(hub Side, server string) []Result {
	results := []Result{oneVersion("hub kubernetes", hub, oldestHub)}
	if results[0].Cause == CauseUnreachable {
		return results
	}
	return append(append(results, hubDefinitions(hub), rightsOn("hub rbac", hub)), reach(Facts{HubServer: server})...)
}
