package explain

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/pods"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/shell"
)

// ourAccount is the one that our manifests make for CoreDNS.
const ourAccount = "kube-system/coredns-multicluster"

func itoa(n int) string { return strconv.Itoa(n) }

// corefile judges the configuration of the DNS server. What it finds counts unless the server answers as the API asks.
func (w *walk) corefile() {
	text, q := w.Importer.Corefile, w.Question
	if !text.seen() {
		w.unknown("corefile", text.Detail)
		return
	}
	parsed, err := readCorefile(text.Value)
	if err != nil {
		w.unknown("corefile", err.Error())
		return
	}
	block, at := parsed.serving(q.Name), w.Importer.CorefileAt
	patch := w.patch(at)
	edit := sentence("take it out: kubectl --context %s -n kube-system edit %s", shell.Word(w.Importer.Context), at)
	switch {
	case block != nil && block.stub():
		w.sentOn(*block, patch)
	case w.works && (block == nil || !block.claims("multicluster", q.Name)):
		w.step(OK, "corefile", "the zone is served, though %s does not say by what", at)
	case block == nil:
		w.fail("corefile", NoZone, patch, "no block of %s is for %s", at, shown(q.Name))
	case block.claims("multicluster", q.Name):
		w.written = at
		w.options("", *block, at, edit)
	case len(parsed.imports) > 0:
		w.unknown("corefile", at+" takes in "+strings.Join(parsed.imports, " ")+", which stands elsewhere")
	case parsed.having(q.Zone) != "":
		w.fail("corefile", Shadowed, edit, "block %s of %s answers for %s in place of %s, which has multicluster", block.label, at, shown(q.Name), parsed.having(q.Zone))
	case w.outside() && !w.Importer.Beside.Value:
		w.step(Fail, "corefile", "%s has the plugin multicluster for no zone of %s", at, shown(q.Name)) // there is nobody yet to send it on to
	default:
		w.fail("corefile", NoZone, patch, "%s has the plugin multicluster for no zone of %s", at, shown(q.Name))
	}
}

// patch writes the zone into the Corefile that stands at a place.
func (w *walk) patch(at string) fix {
	words := []string{"mcsctl", "corefile", "patch", "--context", w.Importer.Context}
	if name, found := strings.CutPrefix(at, "configmap "); found && name != "coredns" {
		words = append(words, "--configmap", "kube-system/"+name)
	}
	if beside := w.Importer.Beside; beside.seen() && !beside.Value && w.Importer.Account == ourAccount {
		words = append(words, "--plugin") // the server is ours itself
	}
	return command(words...)
}

// sentOn judges a block that forwards the zone: where the server beside is meant it must be there, and its Corefile decides.
func (w *walk) sentOn(block serverBlock, patch fix) {
	im, q := w.Importer, w.Question
	sent := fmt.Sprintf("block %s of %s sends the zone on to %s", block.label, im.CorefileAt, strings.Join(block.forwards(), " "))
	if !im.Beside.seen() || !im.Beside.Value {
		w.step(OK, "corefile", "%s", sent)
		return
	}
	w.sent, w.written = true, im.CorefileAt
	if !w.works && len(im.BesideIPs) > 0 && !slices.ContainsFunc(block.forwards(), func(to string) bool { return slices.Contains(im.BesideIPs, host(to)) }) {
		w.fail("corefile", NoZone, patch, "%s, and the server that has it is at %s", sent, strings.Join(im.BesideIPs, " "))
		return
	}
	if !im.BesideCorefile.seen() {
		w.step(OK, "corefile", "%s", sent)
		w.unknown("corefile there", im.BesideCorefile.Detail)
		return
	}
	parsed, err := readCorefile(im.BesideCorefile.Value)
	if err != nil {
		w.unknown("corefile", sent+"; "+err.Error())
		return
	}
	edit := sentence("mend it: kubectl --context %s -n kube-system edit %s", shell.Word(im.Context), im.BesideAt)
	switch there := parsed.serving(q.Name); {
	case there != nil && there.claims("multicluster", q.Name):
		w.options(sent+", where ", *there, im.BesideAt, edit)
	case w.works:
		w.step(OK, "corefile", "%s", sent)
	default:
		w.fail("corefile", NoZone, edit, "%s, where %s has the plugin multicluster for no zone of %s", sent, im.BesideAt, shown(q.Name))
	}
}

// options judges a block that has the plugin, in the Corefile that stands at a place; via says how the question comes there.
func (w *walk) options(via string, block serverBlock, at string, edit fix) {
	q := w.Question
	if namespaces, limited := block.option("namespaces"); limited && q.named() && !slices.Contains(namespaces, q.Namespace) {
		w.fail("corefile", HiddenByOption, edit, "option namespaces of multicluster in %s leaves out %q: it has %s", at, q.Namespace, strings.Join(namespaces, " "))
		return
	}
	si := w.Importer.Import.Value
	if _, limited := block.option("noendpoints"); limited && si != nil && si.Spec.Type == mcsv1beta1.Headless {
		w.fail("corefile", HiddenByOption, edit, "option noendpoints of multicluster in %s leaves out headless services, and this is one", at)
		return
	}
	if !w.works {
		for _, plugin := range []string{"template", "k8s_external", "route53", "azure", "clouddns"} {
			if block.claims(plugin, q.Name) {
				w.fail("corefile", Shadowed, edit, "plugin %s in block %s of %s answers for %s before multicluster can", plugin, block.label, at, shown(q.Name))
				return
			}
		}
	}
	before := ""
	if block.claims("kubernetes", q.Name) {
		before = ", and kubernetes as well, which comes after it"
	}
	cached := ""
	if _, found := block.plugins["cache"]; found {
		cached = "; answers may be kept by cache"
	}
	w.step(OK, "corefile", "%smulticluster answers for %s in block %s of %s%s%s", via, shown(q.Zone), block.label, at, before, cached)
}

// synced judges whether the DNS server can read what it answers from.
func (w *walk) synced() {
	im := w.Importer
	var good []string
	switch {
	case !im.Versions.seen():
		w.unknown("definitions", im.Versions.Detail)
	case len(im.Versions.Value) == 0:
		w.lacks("definitions", NoCRD, kubectl(im.Context, "apply", "-k", "manifests/crds/member"), "%s does not serve serviceimports.multicluster.x-k8s.io", im.Context)
	default:
		good = append(good, strings.Join(im.Versions.Value, ", ")+" served")
	}
	switch {
	case !im.Missing.seen():
		w.unknown("rights", im.Missing.Detail)
	case len(im.Missing.Value) > 0:
		w.lacks("rights", NoRights, w.grant(), "ServiceAccount %s, as which DNS reads, may not: %s", im.Account, strings.Join(im.Missing.Value, ", "))
	default:
		good = append(good, im.Account+" may list and watch")
	}
	if im.DNSPods.seen() && len(im.DNSPods.Value) == 0 {
		good = append(good, "no pod behind kube-dns: the server runs elsewhere")
	}
	good = append(good, w.ready("dns pods", "DNS pods", pods.DNS.String(), im.DNSPods)...)
	if im.Beside.seen() && im.Beside.Value {
		good = append(good, w.ready("pods beside", "pods of coredns-multicluster", pods.OurDNS.String(), im.BesidePods)...)
	}
	if len(good) > 0 {
		w.step(OK, "synced", "%s", strings.Join(good, ", "))
	}
}

// lacks is a step that failed for want of what a join brings: a cause where the cluster has joined, a consequence where it has not.
func (w *walk) lacks(name, cause string, fix fix, format string, args ...any) {
	if w.outside() {
		w.step(Fail, name, format, args...)
		return
	}
	w.fail(name, cause, fix, format, args...)
}

// ready judges whether any pod of a server can answer, and says so where one can.
func (w *walk) ready(step, what, label string, found Fact[[]corev1.Pod]) []string {
	if !found.seen() {
		w.unknown(step, found.Detail)
		return nil
	}
	ready, all := 0, len(found.Value)
	for _, pod := range found.Value {
		if pods.Ready(&pod) {
			ready++
		}
	}
	switch {
	case all == 0:
		return nil
	case ready == 0:
		w.fail(step, ServerSilent, kubectl(w.Importer.Context, "-n", "kube-system", "describe", "pods", "-l", label), "0 of %d %s ready", all, what)
		return nil
	}
	return []string{itoa(ready) + "/" + itoa(all) + " " + what + " ready"}
}

// grant gives the DNS server's account what it lacks: our manifest for our own account, a binding of our role for another.
func (w *walk) grant() fix {
	account := strings.Replace(w.Importer.Account, "/", ":", 1)
	if w.Importer.Account == ourAccount {
		return kubectl(w.Importer.Context, "apply", "-f", "manifests/coredns/rbac.yaml")
	}
	_, name, _ := strings.Cut(account, ":")
	return kubectl(w.Importer.Context, "create", "clusterrolebinding", "multicluster-dns:"+name, "--clusterrole=multicluster-dns:coredns", "--serviceaccount="+account)
}

// answer compares what was said with what the API asks for.
func (w *walk) answer() {
	im := w.Importer
	if len(im.Answers) == 0 {
		w.unknown("answer", "no DNS server could be asked: "+im.Version.Err)
		return
	}
	first := im.Answers[0]
	switch {
	case first.Rcode == "":
		w.fail("answer", ServerSilent, kubectl(im.Context, "-n", "kube-system", "get", "pods", "-l", pods.DNS.String()), "%s does not answer: %s", first.Server, first.Err)
	case w.works && w.fixed:
		w.step(OK, "answer", "%s: the zone's own server says it", first.Said())
	case w.works:
		w.step(OK, "answer", "%s, as the API says", first.Said())
	case w.outside() || w.has(NoCRD) || w.has(NoRights) || w.has(NoZone) || w.has(Shadowed) || w.has(HiddenByOption):
		w.step(Fail, "answer", "%s says %s", first.Server, first.Said())
	case first.Rcode == "SERVFAIL":
		w.fail("answer", NotSynced, w.restartServing(), "%s says SERVFAIL", first.Server)
	case !im.Version.positive() && w.written != "" && !im.Named:
		w.fail("answer", NotSynced, w.restartAsked(), "%s says %s: it has not read yet that %s has %s, which takes two minutes at most; restart it if it has not by then",
			first.Server, first.Said(), w.written, shown(w.Question.Zone))
	case !im.Version.positive():
		w.fail("answer", NotOurServer, sentence("have %s forward %s to this cluster's DNS server, or ask that one", first.Server, shown(w.Question.Zone)),
			"%s says %s, and %s for dns-version.%s: it does not serve the zone", first.Server, first.Said(), im.Version.Said(), shown(w.Question.Zone))
	case w.expected != nil && w.anotherIsRight():
		w.fail("answer", Cached, kubectl(im.Context, "-n", "kube-system", "rollout", "restart", "daemonset", "node-local-dns"),
			"%s says %s, the cluster's own server %s, as the API does", first.Server, first.Said(), w.expected.Said())
	case w.expected == nil:
		w.step(Unknown, "answer", "%s says %s; what the API asks for could not be read", first.Server, first.Said())
	default:
		w.fail("answer", NotSynced, w.restartServing(), "%s says %s, the API %s", first.Server, first.Said(), w.expected.Said())
	}
}

// anotherIsRight says whether another server of the cluster says what the API asks for.
func (w *walk) anotherIsRight() bool {
	return slices.ContainsFunc(w.Importer.Answers[1:], func(a Answer) bool { return a.same(*w.expected) || a.part(*w.expected) })
}
