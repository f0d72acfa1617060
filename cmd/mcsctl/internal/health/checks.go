package health

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/shell"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/why/explain"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// CheckState is how one check ended.
type CheckState string

// The states of a check.
const (
	Passed  CheckState = "ok"
	Warned  CheckState = "warn"
	Failed  CheckState = "FAIL"
	Unknown CheckState = "?" // it could not be looked at
)

// Check is one thing that was looked at, and what came of it.
type Check struct {
	// Group is what it is about: the hub or a member.
	Group string `json:"group"`
	// Name is what was checked, in one or two words.
	Name  string     `json:"name"`
	State CheckState `json:"state"`
	// Text is one line for people.
	Text string `json:"text"`
	// Cause is an id of the catalogue; "" where none fits or all is well.
	Cause string `json:"cause,omitempty"`
	// Fix is what to do, most often a command to paste; "" where there is nothing to do.
	Fix string `json:"fix,omitempty"`
}

// Checks looks at each part of a clusterset by itself, in the order in which they depend on each other.
func Checks(facts Facts, thresholds membership.Thresholds) []Check {
	report := Diagnose(facts, thresholds)
	checks := hubChecks(facts, report)
	for _, m := range facts.Members {
		if !m.Skipped {
			checks = append(checks, memberChecks(facts, report, m, thresholds)...)
		}
	}
	return checks
}

func hubChecks(facts Facts, report Report) []Check {
	group := "hub " + facts.Hub
	checks := []Check{{Group: group, Name: "registry", State: Passed, Text: fmt.Sprintf("members registered in namespace %s: %d", facts.Namespace, facts.Registered)}}
	if facts.Registered == 0 {
		checks[0].State, checks[0].Fix = Warned, "mcsctl join --context CONTEXT --hub "+shell.Word(facts.Hub)
	}
	for _, p := range report.Problems {
		if slices.ContainsFunc(facts.Excluded, func(e membership.Excluded) bool { return e.Profile == p.Subject }) {
			checks = append(checks, Check{group, "registration", Failed, p.Subject + ": " + p.Text, p.Cause, p.Next})
		}
	}
	for _, context := range slices.Sorted(maps.Keys(facts.Unreachable)) {
		checks = append(checks, Check{group, "context", Unknown, fmt.Sprintf("%s does not answer: %s", context, facts.Unreachable[context]), explain.MemberDown, ""})
	}
	return checks
}

// checklist collects the checks of one member.
type checklist struct {
	facts  Facts
	member MemberFacts
	group  string
	checks []Check
}

func (l *checklist) add(name string, state CheckState, text, cause, fix string) {
	if state == Passed {
		cause, fix = "", ""
	}
	l.checks = append(l.checks, Check{l.group, name, state, text, cause, fix})
}

// unread adds a check that could not be made, and says whether that is so.
func (l *checklist) unread(name, what string) bool {
	reason, found := l.member.Unread[what]
	if found {
		l.add(name, Unknown, "cannot read "+what+": "+reason, "", "")
	}
	return found
}

// join is the command that puts in place what is missing of a member; it changes nothing else.
func (l *checklist) join() string {
	return fmt.Sprintf("mcsctl join --context %s --hub %s --cluster-id %s", shell.Word(l.member.Context), shell.Word(l.facts.Hub), l.member.ID)
}

func memberChecks(facts Facts, report Report, m MemberFacts, thresholds membership.Thresholds) []Check {
	l := &checklist{facts: facts, member: m, group: fmt.Sprintf("member %s (context %s)", m.ID, m.Context)}
	if m.Context == "" {
		l.group = fmt.Sprintf("member %s", m.ID)
		l.add("context", Unknown, "no context of the kubeconfig leads to it: only what the hub says of it is known", "", "")
	}
	l.signOfLife(thresholds)
	if m.Context != "" {
		l.cluster()
		l.programs()
		l.objects(report)
	}
	return l.checks
}

// signOfLife checks what the hub knows of the member.
func (l *checklist) signOfLife(thresholds membership.Thresholds) {
	if l.member.HubNamespace == "" {
		l.add("hub", Unknown, "the hub was not read: "+l.facts.HubErr, explain.MemberDown, "")
		return
	}
	logs := "" // who has no way to it cannot look further
	if l.member.Context != "" {
		logs = fmt.Sprintf("kubectl --context %s -n multicluster-dns logs deployment/mcs-controller --tail=20", shell.Word(l.member.Context))
	}
	state, silence := Judge(l.member.Lease, l.facts.Now, thresholds)
	switch state {
	case Unheard:
		l.add("sign of life", Failed, "it has never reached this hub", explain.MemberDown, logs)
		return
	case Stale, Forgotten:
		l.add("sign of life", Failed, fmt.Sprintf("%s: silent for %s", state, Age(silence)), explain.MemberStale, logs)
		return
	}
	l.add("sign of life", Passed, fmt.Sprintf("heard %s ago", Age(silence)), "", "")
	switch {
	case l.facts.HubUID == "":
		l.add("published", Unknown, "which hub this is cannot be read", "", "")
	case l.member.Lease.Mark.Hub != l.facts.HubUID:
		l.add("published", Warned, "it has not published everything to this hub yet: nothing of it is withdrawn until then", "", logs)
	default:
		l.add("published", Passed, "it has said that all it exports is on this hub", "", "")
	}
}

// cluster checks what the member's cluster has to offer.
func (l *checklist) cluster() {
	if !l.unread("kubernetes", "version") {
		l.add("kubernetes", Passed, l.member.Kubernetes, "", "")
	}
	if !l.unread("definitions", "definitions") {
		var missing []string
		for _, kind := range []string{"serviceexports", "serviceimports"} {
			if !slices.Contains(l.member.Served, kind) {
				missing = append(missing, kind)
			}
		}
		if len(missing) > 0 {
			l.add("definitions", Failed, strings.Join(missing, " and ")+" are not served as multicluster.x-k8s.io/v1beta1", explain.NoCRD, l.join())
		} else {
			l.add("definitions", Passed, "the Multi-Cluster Services API is served as v1beta1", "", "")
		}
	}
	if !l.unread("rights", "clusterroles") {
		if n := len(l.member.Lacking); n > 0 {
			l.add("rights", Failed, fmt.Sprintf("our programs lack %d permissions: %s", n, abridged(l.member.Lacking)), explain.NoRights, l.join())
		} else {
			l.add("rights", Passed, "our programs are granted what they need", "", "")
		}
	}
	switch {
	case l.unread("identity", "clusterproperties"):
	case l.member.Stated == "":
		l.add("identity", Passed, "the cluster states no id of itself", "", "")
	case l.member.Stated != string(l.member.ID):
		l.add("identity", Failed, fmt.Sprintf("it is registered as %q and states that it is %q", l.member.ID, l.member.Stated), explain.IDDisputed,
			fmt.Sprintf("kubectl --context %s edit clusterproperty %s", shell.Word(l.member.Context), membership.PropertyClusterID))
	default:
		l.add("identity", Passed, "the cluster states the id that it is registered with", "", "")
	}
}

func abridged(all []string) string {
	const most = 3
	if len(all) <= most {
		return strings.Join(all, ", ")
	}
	return strings.Join(all[:most], ", ") + ", ..."
}

// programs checks what of ours runs in the member.
func (l *checklist) programs() {
	pods := fmt.Sprintf("kubectl --context %s -n multicluster-dns describe deployment mcs-controller", shell.Word(l.member.Context))
	switch w := l.member.Controller; {
	case l.unread("controller", "deployments"):
	case w.Wanted == 0 && l.member.Leader.Renewed.IsZero():
		l.add("controller", Warned, "no Deployment multicluster-dns/mcs-controller and no election: it may run as a process elsewhere", "", l.join())
	case w.Wanted == 0:
		l.add("controller", Passed, "runs as a process, led by "+l.member.Leader.Holder, "", "")
	case w.Ready == 0:
		l.add("controller", Failed, fmt.Sprintf("none of %d pods is ready", w.Wanted), explain.NoController, pods)
	case w.Ready < w.Wanted:
		l.add("controller", Warned, fmt.Sprintf("%d of %d pods are ready", w.Ready, w.Wanted), explain.NoController, pods)
	default:
		l.add("controller", Passed, fmt.Sprintf("%d pods of %s are ready", w.Ready, w.Image), "", "")
	}
	switch c := l.member.Credential; {
	case !c.Known:
	case c.Expires.IsZero():
		l.add("credential", Passed, "the one for the hub does not end", "", "")
	case c.Expires.Before(l.facts.Now):
		l.add("credential", Failed, "the one for the hub ended "+Age(l.facts.Now.Sub(c.Expires))+" ago", explain.CredentialRefused, l.join())
	case c.EndsSoon(l.facts.Now):
		l.add("credential", Warned, "the one for the hub ends in "+Age(c.Expires.Sub(l.facts.Now)), explain.CredentialRefused, l.join())
	default:
		l.add("credential", Passed, "the one for the hub ends in "+Age(c.Expires.Sub(l.facts.Now)), "", "")
	}
	words, well := dnsWords(l.member)
	switch {
	case l.unread("dns", "pods"):
	case words == "":
		l.add("dns", Unknown, "no pods of a DNS server and no address to ask it at", "", "")
	case !well:
		l.add("dns", Failed, words, explain.ServerSilent, "mcsctl why kubernetes.default.svc.clusterset.local --from "+shell.Word(l.member.Context))
	default:
		l.add("dns", Passed, "for the clusterset zone: "+words, "", "")
	}
}

// objects checks what the member exports and imports; each problem by itself is a matter of status and why.
func (l *checklist) objects(report Report) {
	if !l.unread("exports", "serviceexports") {
		all, bad := count(report.Exports, func(e Export) bool { return e.Cluster == l.member.ID }, func(e Export) bool { return e.Well || e.State == StateConflict })
		l.tally("exports", all, bad)
	}
	if !l.unread("imports", "serviceimports") {
		all, bad := count(report.Imports, func(i Import) bool { return i.Cluster == l.member.ID }, func(i Import) bool { return i.Well })
		l.tally("imports", all, bad)
	}
}

// count returns how many of the items are the ones asked for, and how many of those are not well.
func count[T any](items []T, asked, well func(T) bool) (all, bad int) {
	for _, item := range items {
		if !asked(item) {
			continue
		}
		all++
		if !well(item) {
			bad++
		}
	}
	return all, bad
}

func (l *checklist) tally(name string, all, bad int) {
	if bad > 0 {
		fix := "mcsctl get " + name + " --problems --context " + shell.Word(l.member.Context)
		l.add(name, Failed, fmt.Sprintf("%d of %d are not well", bad, all), "", fix)
		return
	}
	text := fmt.Sprintf("all %d are well", all)
	if all == 0 {
		text = "it has none"
	}
	l.add(name, Passed, text, "", "")
}
