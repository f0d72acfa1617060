package health

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/shell"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/why/explain"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// settling is how long an import may take to appear before its absence is a problem.
const settling = 30 * time.Second

// Diagnose says how a clusterset is. It is pure: the same facts give the same report.
func Diagnose(facts Facts, thresholds membership.Thresholds) Report {
	report := Report{
		Hub: facts.Hub, Clusterset: facts.Namespace,
		Members: membersOf(facts, thresholds), Exports: exportsOf(facts), Imports: importsOf(facts),
		Problems: []Problem{}, Unread: unread(facts),
	}
	report.Problems = append(report.Problems, silent(facts, report.Members, thresholds)...)
	report.Problems = append(report.Problems, excluded(facts)...)
	for _, m := range facts.Members {
		report.Problems = append(report.Problems, running(facts, m, thresholds)...)
	}
	report.Problems = append(report.Problems, badExports(report.Exports)...)
	report.Problems = append(report.Problems, badImports(report.Imports)...)
	report.Problems = append(report.Problems, missing(facts, report)...)
	slices.SortStableFunc(report.Problems, func(a, b Problem) int { return cmp.Compare(rank(a.Severity), rank(b.Severity)) })
	report.Healthy = !slices.ContainsFunc(report.Problems, func(p Problem) bool { return p.Severity == Broken })
	return report
}

func rank(s Severity) int {
	if s == Broken {
		return 0
	}
	return 1
}

// silent are the problems of members that are not up.
func silent(facts Facts, members []Member, thresholds membership.Thresholds) []Problem {
	var up, quiet int
	for _, m := range members {
		switch m.State {
		case Up:
			up++
		case Stale, Forgotten:
			quiet++
		}
	}
	// An importer is itself up: it freezes when two or more others fell silent and none is left.
	frozen := quiet >= 2 && up <= 1
	var problems []Problem
	for _, m := range members {
		p := Problem{Severity: Broken, Subject: string(m.ID), Cause: explain.MemberStale, Next: "mcsctl check --member " + string(m.ID)}
		switch m.State {
		case Stale:
			silence := inSeconds(*m.Silence)
			p.Text = fmt.Sprintf("silent for %s%s, forgotten in %s", Age(silence), aside(m), Age(thresholds.Forget-silence))
		case Forgotten:
			p.Text = fmt.Sprintf("silent for %s, left out of imports", m.SilenceText())
		case Unheard:
			p.Cause, p.Text = explain.MemberDown, "registered, and has never given a sign of life on this hub"
		default:
			continue
		}
		if frozen && m.State != Unheard {
			p.Text = fmt.Sprintf("silent for %s, as others are: importers keep everything as it was", m.SilenceText())
		}
		problems = append(problems, p)
	}
	return problems
}

func aside(m Member) string {
	if m.SteppedBack == 0 {
		return ""
	}
	return fmt.Sprintf(", %d endpoints stepped back", m.SteppedBack)
}

func excluded(facts Facts) []Problem {
	var problems []Problem
	for _, e := range facts.Excluded {
		problems = append(problems, Problem{
			Severity: Broken, Subject: e.Profile, Text: "not a member: " + e.Reason, Cause: explain.IDDisputed,
			Next: fmt.Sprintf("kubectl --context %s --namespace %s get clusterprofile %s -o yaml", shell.Word(facts.Hub), facts.Namespace, shell.Word(e.Profile)),
		})
	}
	return problems
}

// running are the problems of what runs in one member.
func running(facts Facts, m MemberFacts, thresholds membership.Thresholds) []Problem {
	var problems []Problem
	add := func(severity Severity, cause, format string, args ...any) {
		problems = append(problems, Problem{
			Severity: severity, Subject: string(m.ID), Text: fmt.Sprintf(format, args...), Cause: cause,
			Next: "mcsctl check --member " + string(m.ID),
		})
	}
	if w := m.Controller; w.Wanted > 0 && w.Ready < w.Wanted {
		severity := Warning
		if w.Ready == 0 {
			severity = Broken
		}
		add(severity, explain.NoController, "the controller has %d of %d pods ready", w.Ready, w.Wanted)
	}
	if state, _ := Judge(m.Lease, facts.Now, thresholds); state == Up && facts.HubUID != "" && m.Lease.Mark.Hub != facts.HubUID {
		add(Warning, "", "has not published everything to this hub yet: nothing of it is withdrawn until then")
	}
	if len(m.Unserved) > 0 {
		problems = append(problems, Problem{
			Severity: Broken, Subject: string(m.ID), Cause: explain.NoCRD,
			Text: "its API server does not know " + strings.Join(m.Unserved, ", ") + " of the Multi-Cluster Services API",
			Next: "kubectl --context " + shell.Word(m.Context) + " apply -k manifests/crds/member",
		})
	}
	if words, well := dnsWords(m); !well {
		add(Broken, explain.ServerSilent, "the DNS server does not serve: %s", words)
	}
	if m.Credential.Known && !m.Credential.Expires.IsZero() {
		switch left := m.Credential.Expires.Sub(facts.Now); {
		case left <= 0:
			add(Broken, explain.CredentialRefused, "the credential for the hub ended %s ago", Age(-left))
		case m.Credential.EndsSoon(facts.Now):
			add(Warning, explain.CredentialRefused, "the credential for the hub ends in %s", Age(left))
		}
	}
	return problems
}

// badExports are the problems of exports. One conflict stands on the exports of all its clusters and is one problem.
func badExports(exports []Export) []Problem {
	var problems []Problem
	told := map[string]bool{}
	for _, e := range exports {
		name := e.Namespace + "/" + e.Name
		p := Problem{Severity: Broken, Subject: name, Next: why(e.Name, e.Namespace, e.Context)}
		switch {
		case e.Well:
			continue
		case e.State == StateConflict:
			if told[name] {
				continue
			}
			told[name] = true
			p.Severity, p.Cause = Warning, conflictCause(e.Reasons)
			p.Text = fmt.Sprintf("%s: %s", strings.Join(e.Reasons, ", "), e.Message)
		default:
			p.Cause = exportCause[e.State]
			p.Text = fmt.Sprintf("export from %s is %s: %s", e.Cluster, e.State, e.Message)
		}
		problems = append(problems, p)
	}
	return problems
}

var exportCause = map[string]string{
	"NoService": explain.NoService, "InvalidServiceType": explain.NoService,
	"NamespaceNotAllowed": explain.NotAllowed, "DerivedService": explain.NotAllowed, "NameTooLong": explain.NotAllowed,
	"Pending": explain.HubAway, "Failed": explain.HubRefuses, StateUnseen: explain.NoController,
}

func conflictCause(reasons []string) string {
	switch {
	case slices.Contains(reasons, "PortConflict"):
		return explain.PortLost
	case slices.Contains(reasons, "TypeConflict"):
		return explain.TypeLost
	case slices.Contains(reasons, "IPFamilyConflict"):
		return explain.WrongFamily
	}
	return "" // nothing that a name resolves to is lost by it
}

var importCause = map[string]string{StateNoEndpoints: explain.NotReady, "Pending": explain.NoIP, "IPFamilyNotSupported": explain.WrongFamily}

// badImports are the problems of imports. That a service has no endpoints is one problem, however many import it.
func badImports(imports []Import) []Problem {
	var problems []Problem
	told := map[string]int{}
	for _, i := range imports {
		if i.Well {
			continue
		}
		name := i.Namespace + "/" + i.Name
		if at, found := told[name+i.State]; found && i.State == StateNoEndpoints {
			problems[at].Text += ", " + string(i.Cluster)
			continue
		}
		told[name+i.State] = len(problems)
		text := fmt.Sprintf("import in %s is %s: %s", i.Cluster, i.State, i.Message)
		if i.State == StateNoEndpoints {
			text = fmt.Sprintf("%s, as seen in %s", i.Message, i.Cluster)
		}
		problems = append(problems, Problem{
			Severity: Broken, Subject: name, Text: text, Cause: importCause[i.State], Next: why(i.Name, i.Namespace, i.Context),
		})
	}
	return problems
}

// missing are imports that should be there: a member that is up has the namespace, and a valid export is older than a moment.
func missing(facts Facts, report Report) []Problem {
	present := map[string]bool{}
	for _, i := range report.Imports {
		present[string(i.Cluster)+"/"+i.Namespace+"/"+i.Name] = true
	}
	var problems []Problem
	told := map[string]bool{}
	for _, e := range report.Exports {
		if e.State != StateReady && e.State != StateConflict || facts.Now.Sub(e.Created) < settling {
			continue
		}
		for _, m := range facts.Members {
			_, importsUnread := m.Unread["serviceimports"]
			key := string(m.ID) + "/" + e.Namespace + "/" + e.Name
			if m.Context == "" || m.Skipped || importsUnread || !m.Namespaces[e.Namespace] || present[key] || told[key] {
				continue
			}
			told[key] = true
			problems = append(problems, Problem{
				Severity: Broken, Subject: e.Namespace + "/" + e.Name, Text: fmt.Sprintf("exported from %s and not imported in %s", e.Cluster, m.ID),
				Next: why(e.Name, e.Namespace, m.Context),
			})
		}
	}
	return problems
}

// why is the command that explains a service's name, as asked from a context.
func why(name, namespace, context string) string {
	return fmt.Sprintf("mcsctl why %s --from %s", Zoned(name, namespace), shell.Word(context))
}

// Zoned is the name of a service in the clusterset zone.
func Zoned(name, namespace string) string { return name + "." + namespace + ".svc.clusterset.local" }

func unread(facts Facts) []string {
	var all []string
	if facts.HubErr != "" {
		all = append(all, "the hub: "+facts.HubErr)
	}
	for context, reason := range facts.Unreachable {
		all = append(all, fmt.Sprintf("context %q does not answer: %s", context, reason))
	}
	for _, m := range facts.Members {
		if m.Context == "" && len(facts.Unreachable) == 0 {
			all = append(all, fmt.Sprintf("no context leads to member %q: only what the hub says of it is known", m.ID))
		}
		for what, reason := range m.Unread {
			if slices.Contains(m.Unserved, what) {
				continue // that is a problem, and known
			}
			all = append(all, fmt.Sprintf("%s of %s (context %q): %s", what, m.ID, m.Context, reason))
		}
	}
	slices.Sort(all)
	return all
}
