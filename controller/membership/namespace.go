package membership

import (
	"strings"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// HubNamespace returns the name of the namespace on the hub in which the member id keeps its records and its Lease: a prefix,
// the readable part of the id, and a hash, so that two ids never share one (a.b and a-b read the same, and long ones are cut).
// It is what a join proposes; what counts is the namespace that the member's ClusterProfile names (see [LabelHubNamespace]).
func HubNamespace(id mcs.ClusterID) string {
	const hashed = 10 // 50 bits: the few ids of one clusterset do not meet by chance
	const readable = 63 - len("mcs-") - len("-") - hashed
	name := strings.ReplaceAll(string(id), ".", "-")
	if len(name) > readable {
		name = strings.TrimRight(name[:readable], "-")
	}
	return "mcs-" + name + "-" + mcs.Hash("hub namespace", string(id))[:hashed]
}
