package rules

import (
	"fmt"
	"time"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// identity judges the id itself, then the cluster's own statement, then the registry.
func identity(f Facts) []Result {
	const name = "cluster id"
	bad := func(fix, format string, args ...any) []Result {
		return []Result{{Name: name, State: Fail, Text: fmt.Sprintf(format, args...), Cause: CauseIdentity, Fix: fix}}
	}
	id, err := mcs.ParseClusterID(f.ID)
	if err != nil {
		return bad("choose another with --cluster-id, such as the context's name in lower case", "%v", err)
	}
	switch stated := f.Stated; {
	case stated.Err != nil:
		return []Result{cannotTell(name, stated.Err)}
	case stated.Value != "" && stated.Value != f.ID:
		return bad("mcsctl join --context "+f.Member.Context+" --cluster-id "+stated.Value,
			"the cluster states the id %q of itself (by its ClusterProperty), and you ask for %q", stated.Value, id)
	}
	if f.Registered.Err != nil {
		return []Result{cannotTell(name, f.Registered.Err)}
	}
	if f.UID.Err != nil {
		return []Result{cannotTell(name, f.UID.Err)}
	}
	for _, registered := range f.Registered.Value {
		if registered.ID != id && registered.Holder == f.UID.Value {
			return bad("mcsctl leave --context "+f.Member.Context, "this cluster is the member %q already", registered.ID)
		}
	}
	text := string(id) + " is free"
	for _, registered := range f.Registered.Value {
		switch {
		case registered.ID != id:
		case registered.Holder == f.UID.Value:
			text = string(id) + ", and this cluster is it already"
		case registered.Holder == "":
			text = string(id) + " is registered and waits for its cluster"
		case f.Replace:
			text = fmt.Sprintf("%s is taken over from the cluster with kube-system UID %s", id, registered.Holder)
		case f.Now.Sub(registered.Renewed) > f.Forget:
			text = fmt.Sprintf("%s was another cluster's, silent for %s", id, f.Now.Sub(registered.Renewed).Round(time.Minute))
		default:
			return bad("choose another with --cluster-id; or, if that cluster is gone for good, add --replace",
				"%q is held by another cluster: its kube-system UID is %s, this one's %s", id, registered.Holder, f.UID.Value)
		}
	}
	return []Result{{Name: name, State: OK, Text: text}}
}
