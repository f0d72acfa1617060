package health

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

func membersOf(facts Facts, thresholds membership.Thresholds) []Member {
	members := []Member{}
	for _, m := range facts.Members {
		members = append(members, memberOf(facts, m, thresholds))
	}
	for _, excluded := range facts.Excluded {
		members = append(members, Member{ID: mcs.ClusterID(excluded.Profile), State: Excluded, DNSWell: true})
	}
	slices.SortStableFunc(members, func(a, b Member) int { return cmp.Compare(a.ID, b.ID) })
	return members
}

func memberOf(facts Facts, m MemberFacts, thresholds membership.Thresholds) Member {
	out := Member{
		ID: m.ID, State: Unjudged, Context: m.Context, HubNamespace: m.HubNamespace,
		Controller: imageTag(m.Controller.Image), Kubernetes: m.Kubernetes,
	}
	if m.HubNamespace != "" {
		state, silence := Judge(m.Lease, facts.Now, thresholds)
		out.State = state
		if state != Unheard {
			seconds := silence.Seconds()
			out.Silence = &seconds
		}
	}
	if m.Context != "" && !m.Skipped {
		out.Exports = counted(len(m.Exports), m.Unread, "serviceexports")
		out.Imports = counted(len(m.Imports), m.Unread, "serviceimports")
	}
	if m.Credential.Known && !m.Credential.Expires.IsZero() {
		out.CredentialExpires, out.CredentialEndsSoon = &m.Credential.Expires, m.Credential.EndsSoon(facts.Now)
	}
	if m.Lag > 0 {
		seconds := m.Lag.Seconds()
		out.Lag = &seconds
	}
	out.Endpoints, out.Ready, out.SteppedBack = contributed(facts, m.ID)
	if out.State != Stale && out.State != Forgotten {
		out.SteppedBack = 0 // its endpoints are as it says itself
	}
	out.DNS, out.DNSWell = dnsWords(m)
	return out
}

func counted(n int, unread map[string]string, what string) *int {
	if _, found := unread[what]; found {
		return nil
	}
	return &n
}

// contributed counts the endpoints of one member, as the cluster that imports most of them has them: each imports only into
// namespaces it has.
func contributed(facts Facts, source mcs.ClusterID) (total, ready, steppedBack int) {
	for _, importer := range facts.Members {
		var sum Endpoints
		for _, e := range importer.Endpoints {
			if e.Source == source {
				sum.Total, sum.Ready, sum.SteppedBack = sum.Total+e.Total, sum.Ready+e.Ready, sum.SteppedBack+e.SteppedBack
			}
		}
		total, ready, steppedBack = max(total, sum.Total), max(ready, sum.Ready), max(steppedBack, sum.SteppedBack)
	}
	return total, ready, steppedBack
}

// dnsWords is what is known of a member's DNS server, and whether nothing speaks against it.
func dnsWords(m MemberFacts) (words string, well bool) {
	var parts []string
	well = true
	if m.DNS.Wanted > 0 {
		parts = append(parts, fmt.Sprintf("%d/%d pods ready", m.DNS.Ready, m.DNS.Wanted))
		well = m.DNS.Ready > 0
	}
	switch {
	case m.Answer.Err != "":
		parts = append(parts, fmt.Sprintf("asked at %s: %s", m.Answer.Server, m.Answer.Err))
		well = false
	case m.Answer.Server != "":
		parts = append(parts, fmt.Sprintf("answers in %.1fms", float64(m.Answer.Took.Microseconds())/1000))
	}
	return strings.Join(parts, ", "), well
}

// imageTag is the version in an image's name: the tag, or else a digest cut short, or else "".
func imageTag(image string) string {
	if name, digest, found := strings.Cut(image, "@"); found {
		if tag := imageTag(name); tag != "" {
			return tag
		}
		return digest[:min(len(digest), len("sha256:")+12)]
	}
	if at := strings.LastIndex(image, ":"); at > strings.LastIndex(image, "/") {
		return image[at+1:]
	}
	return ""
}
