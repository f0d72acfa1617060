package explain

import (
	"strings"

	"github.com/miekg/dns"
)

// name judges the name itself. It returns false for one that no server of the clusterset has to be asked for.
func (w *walk) name() bool {
	q := w.Question
	guess := q.guess()
	again := sentence("ask SERVICE.NAMESPACE.svc.%s", shown(DefaultZone))
	if guess != "" {
		again = w.why(guess, q.TypeName())
	}
	switch q.Form {
	case Foreign:
		text := "%s is outside the zone of the clusterset"
		if strings.HasSuffix(q.Name, ".cluster.local.") {
			text = "%s is a name of one cluster: those of the clusterset end in clusterset.local"
		} else if strings.HasSuffix(q.Name, ".arpa.") {
			text = "%s stands for an address, and addresses have no names in the clusterset"
		}
		w.fail("name", NotAName, again, text, shown(q.Name))
		return false
	case Astray:
		w.fail("name", NotAName, again, "%s is in the zone, but below it only svc has services", shown(q.Name))
		return false
	case Short:
		w.fail("name", SearchTrap, again, "%q is no full name, and the search list completes it to names of this cluster only: %s",
			q.Typed, strings.Join(w.Importer.Resolver.Search, " "))
		return false
	case Fixed:
		w.fixed = true
		w.step(OK, "name", "a name that the zone %s has whatever is imported", shown(q.Zone))
	case OfPort:
		w.step(OK, "name", "port form: port and protocol %s of service %s, namespace %s, zone %s", q.Before, q.Service, q.Namespace, shown(q.Zone))
	case Below:
		w.step(OK, "name", "host form: %q of service %s, namespace %s, zone %s", q.Before, q.Service, q.Namespace, shown(q.Zone))
	default:
		w.step(OK, "name", "%s: service %s, namespace %s, zone %s", w.kind(), q.Service, q.Namespace, shown(q.Zone))
	}
	return true
}

// kind is the form of a service's name, which only its import tells.
func (w *walk) kind() string {
	if si := w.Importer.Import.Value; si != nil {
		return string(si.Spec.Type) + " form"
	}
	return "service form"
}

// compare finds out what the API asks for, and whether the first server says it.
func (w *walk) compare() {
	im := w.Importer
	if w.Question.named() && im.Import.seen() && (im.Slices.seen() || im.Import.Value == nil) {
		expected := Expect(w.Question, im.Import.Value, im.Slices.Value)
		w.expected = &expected
	}
	if len(im.Answers) == 0 || im.Answers[0].Rcode == "" {
		return
	}
	first, served := im.Answers[0], im.Version.positive()
	switch {
	case w.fixed:
		w.works = first.Rcode == "NOERROR" && served
	case w.expected == nil:
	case first.same(*w.expected):
		w.works = first.positive() || served
	case first.part(*w.expected):
		w.works = true
		w.note("the answer is a part of all: %d of %d records, as max_endpoints or the size of a message asks", len(first.Records), len(w.expected.Records))
	}
}

// resolver judges how the pod comes to ask what it asks.
func (w *walk) resolver() {
	q, r := w.Question, w.Importer.Resolver
	where := "Kubernetes' defaults"
	switch {
	case !r.Assumed && w.Importer.Pod.Value != nil:
		where = "pod " + w.Importer.Pod.Value.Namespace + "/" + w.Importer.Pod.Value.Name
	case r.Why != "":
		w.unseen = append(w.unseen, unseen{"resolver", r.Why})
		where += " (" + r.Why + ")"
	}
	via := ""
	if len(w.Importer.Answers) > 0 {
		via = ", asked here: " + w.Importer.Answers[0].Server
	}
	nameservers := ""
	if len(r.Nameservers) > 0 {
		nameservers = ", nameserver " + strings.Join(r.Nameservers, " ")
		if strings.HasPrefix(r.Nameservers[0], "169.254.") {
			nameservers += " (a cache on the node)"
		}
	}
	ndots := r.Ndots
	if ndots == 0 {
		ndots = DefaultNdots
	}
	searched := !q.Absolute && dns.CountLabel(q.Name)-1 < ndots
	for _, a := range w.Importer.Searched {
		if searched && a.positive() {
			w.fail("resolver", SearchTrap, w.why(q.Name, q.TypeName()), "%s has fewer than %d dots, so that %s is tried first, and it exists: %s",
				shown(q.Typed), ndots, shown(a.Name), few(a.Records))
			return
		}
	}
	text := "tried as it is"
	if searched {
		text = plural(len(r.Search), "search domain") + " tried first (ndots:" + itoa(ndots) + ")"
		if len(w.Importer.Searched) == len(r.Search) {
			text += ", none has it"
		}
	}
	w.step(OK, "resolver", "%s%s: %s%s", where, nameservers, text, via)
}
