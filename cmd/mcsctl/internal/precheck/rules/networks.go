package rules

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// networks compares address ranges. Endpoints are pods' addresses, so pods must not share any; a pod range within another's range of
// Services is as bad, for packets to it do not leave that cluster. Ranges of Services alone may be the same everywhere: each cluster
// has addresses of its own for what it imports.
func networks(f Facts) []Result {
	const name = "networks"
	if f.Networks.Err != nil {
		return []Result{cannotTell(name, f.Networks.Err)}
	}
	own, peers := f.Networks.Value, f.others()
	var clashes []string
	known := 0
	for _, peer := range peers {
		if len(peer.Networks.Pods)+len(peer.Exported) > 0 {
			known++
		}
		clashes = append(clashes, clash("pod range", own.Pods, "pod range", peer.Networks.Pods, peer)...)
		clashes = append(clashes, clash("service range", own.Services, "pod range", peer.Networks.Pods, peer)...)
		clashes = append(clashes, clash("pod range", own.Pods, "service range", peer.Networks.Services, peer)...)
		clashes = append(clashes, contained(own, peer)...)
	}
	switch {
	case len(clashes) > 0:
		return []Result{{Name: name, State: Warn, Text: some(clashes), Cause: CauseOverlap,
			Fix: "names will resolve, connections may go astray: give one of the clusters other ranges, or routing that tells them apart"}}
	case len(own.Pods) == 0:
		return []Result{{Name: name, State: Warn, Text: "pod ranges are not known: no node has spec.podCIDRs; see that members' pods have different addresses"}}
	case len(peers) == 0:
		return []Result{{Name: name, State: OK, Text: fmt.Sprintf("pods %s; no other member yet", join(own.Pods))}}
	case known < len(peers):
		return []Result{{Name: name, State: Warn, Text: fmt.Sprintf("pods %s; nothing is known of %d of %d other members", join(own.Pods), len(peers)-known, len(peers))}}
	}
	return []Result{{Name: name, State: OK, Text: fmt.Sprintf("pods %s are no other member's", join(own.Pods))}}
}

// others are the peers that are another cluster than the one that joins, which may be a member under another id.
func (f Facts) others() []Peer {
	var others []Peer
	for _, peer := range f.Peers {
		itself := slices.ContainsFunc(f.Registered.Value, func(r Registered) bool {
			return r.ID == peer.ID && r.Holder != "" && r.Holder == f.UID.Value
		})
		if !itself {
			others = append(others, peer)
		}
	}
	return others
}

func clash(ours string, own []netip.Prefix, theirs string, peers []netip.Prefix, peer Peer) []string {
	var found []string
	for _, a := range own {
		for _, b := range peers {
			if a.Overlaps(b) {
				found = append(found, fmt.Sprintf("%s %s overlaps %s's %s %s", ours, a, peer.ID, theirs, b))
			}
		}
	}
	return found
}

// contained looks for addresses that the peer exports in our ranges, where its own ranges do not tell already.
func contained(own Networks, peer Peer) []string {
	if len(peer.Networks.Pods) > 0 {
		return nil
	}
	for _, prefix := range append(append([]netip.Prefix{}, own.Pods...), own.Services...) {
		for _, address := range peer.Exported {
			if prefix.Contains(address) {
				return []string{fmt.Sprintf("%s has %s, an endpoint that %s exports", prefix, address, peer.ID)}
			}
		}
	}
	return nil
}

func join(prefixes []netip.Prefix) string {
	words := make([]string, len(prefixes))
	for i, prefix := range prefixes {
		words[i] = prefix.String()
	}
	return some(words[:min(len(words), shown)]) + strings.Repeat(" ...", min(1, max(0, len(words)-shown)))
}
