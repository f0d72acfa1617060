package explain

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
	"k8s.io/apimachinery/pkg/api/meta"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/shell"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// serviceImport judges whether the service is imported in the cluster that asks.
func (w *walk) serviceImport() {
	im, key := w.Importer, w.Question.Key()
	switch si := im.Import.Value; {
	case im.Import.Sight == Unserved:
		w.step(Skip, "import", "without the definitions there is no ServiceImport")
		return
	case !im.Import.seen():
		w.unknown("import", im.Import.Detail)
	case si == nil:
		w.step(Fail, "import", "ServiceImport %s not found in %s", key, im.Context)
	case si.Labels[mcs.LabelManagedBy] != mcs.ManagedBy && w.exported():
		w.fail("import", NotOurs, kubectl(im.Context, "-n", key.Namespace, "delete", "serviceimport", key.Name),
			"ServiceImport %s in %s was not made by this project's controller, which leaves it as it is", key, im.Context)
	default:
		w.step(OK, "import", "ServiceImport %s in %s, %s, from %s", key, im.Context, si.Spec.Type, fromClusters(si))
	}
	w.namespace()
}

func fromClusters(si *mcsv1beta1.ServiceImport) string {
	var names []string
	for _, cluster := range si.Status.Clusters {
		names = append(names, cluster.Cluster)
	}
	if len(names) == 0 {
		return "no cluster"
	}
	return few(names)
}

// namespace judges whether there is a place for the import.
func (w *walk) namespace() {
	im, name := w.Importer, w.Question.Namespace
	switch ns := im.Namespace.Value; {
	case !im.Namespace.seen():
		w.unknown("namespace", im.Namespace.Detail)
	case ns == nil:
		w.fail("namespace", NoNamespace, kubectl(im.Context, "create", "namespace", name), "%s has no namespace %q", im.Context, name)
	case ns.DeletionTimestamp != nil:
		w.fail("namespace", NoNamespace, sentence("wait until namespace %q of %s is gone, then: kubectl --context %s create namespace %s", name, im.Context, shell.Word(im.Context), shell.Word(name)),
			"namespace %q of %s is being deleted", name, im.Context)
	default:
		w.step(OK, "namespace", "%s has namespace %q", im.Context, name)
	}
}

// exported says whether the hub has a record of the service that counts, or a member an export that does.
func (w *walk) exported() bool {
	return slices.ContainsFunc(w.Members, func(m Member) bool {
		return m.Record.Value != nil && m.Record.Value.Spec.Invalid == ""
	})
}

// addresses judges what the import gives DNS to answer with.
func (w *walk) addresses() {
	si := w.Importer.Import.Value
	if si == nil {
		if w.Question.Form == Below && w.isMember(w.Question.Before) {
			w.clusterInName()
		}
		return
	}
	switch si.Spec.Type {
	case mcsv1beta1.ClusterSetIP:
		w.virtual(si)
	case mcsv1beta1.Headless:
		w.headless(si)
	default:
		w.fail("addresses", NotOurs, kubectl(w.Importer.Context, "-n", si.Namespace, "delete", "serviceimport", si.Name), "ServiceImport %s/%s has the type %q, which is none", si.Namespace, si.Name, si.Spec.Type)
	}
	w.overlaps()
}

// virtual judges a service with an IP.
func (w *walk) virtual(si *mcsv1beta1.ServiceImport) {
	q, im := w.Question, w.Importer
	self := virtual(q.serviceName(), si)[""]
	ready := meta.FindStatusCondition(si.Status.Conditions, string(mcsv1beta1.ServiceImportConditionReady))
	said := ""
	if ready != nil && ready.Status != "True" {
		said = ": " + ready.Message
	}
	switch {
	case len(self) == 0 && ready != nil && ready.Reason == string(mcsv1beta1.ServiceImportReasonIPFamilyNotSupported):
		w.fail("addresses", WrongFamily, sentence("give the exported Service a family that %s has, or %s the service's", im.Context, im.Context), "the import has no IP%s", said)
	case len(self) == 0 && im.Derived.Value != nil && im.Derived.Value.Labels[mcs.LabelManagedBy] != mcs.ManagedBy:
		w.fail("addresses", NoIP, kubectl(im.Context, "-n", si.Namespace, "delete", "service", im.Derived.Value.Name),
			"the import has no IP, because Service %q, which would hold it, was made by somebody else", im.Derived.Value.Name)
	case len(self) == 0:
		w.fail("addresses", NoIP, kubectl(im.Context, "-n", si.Namespace, "describe", "serviceimport", si.Name), "the import has no IP%s", said)
	case q.Form == Below && (w.isMember(q.Before) || !strings.Contains(q.Before, ".")):
		w.clusterInName()
	case q.Form == Below:
		w.fail("addresses", NoHost, w.why(shown(q.serviceName()), "A"), "%s has an IP: a service with one has no hosts below its name", shown(q.serviceName()))
	case q.Form == OfPort || q.Type == dns.TypeSRV:
		w.ports(si)
	case !w.family(self):
		w.step(OK, "addresses", "IP %s", strings.Join(si.Spec.IPs, " "))
	}
}

// headless judges a service without an IP.
func (w *walk) headless(si *mcsv1beta1.ServiceImport) {
	q, im := w.Question, w.Importer
	if !im.Slices.seen() {
		w.unknown("addresses", im.Slices.Detail)
		return
	}
	names := headless(q.serviceName(), q, si, im.Slices.Value)
	self := names[""]
	hosts := names.hosts()
	switch {
	case len(self) == 0:
		w.step(Fail, "addresses", "no imported endpoint is ready, so that the name does not exist")
	case q.Form == Below && w.isMember(q.Before):
		w.clusterInName()
	case q.Form == Below && len(names[q.Before]) == 0:
		w.fail("addresses", NoHost, w.why(nearest(q.Before, hosts)+"."+shown(q.serviceName()), q.TypeName()),
			"no ready endpoint is called %q: there are %s", q.Before, few(hosts))
	case q.Form == Below:
		w.family(names[q.Before])
	case q.Form == OfPort || q.Type == dns.TypeSRV:
		w.ports(si)
	case !w.family(self):
		w.step(OK, "addresses", "%s ready in %s", plural(len(self[dns.TypeA])+len(self[dns.TypeAAAA]), "address"), few(readyIn(im, q.Service)))
	}
}

// readyIn are the clusters that imported ready endpoints are from.
func readyIn(im Importer, service string) []string {
	var clusters []string
	for _, slice := range im.Slices.Value {
		cluster, ok := sourceOf(slice, service)
		if ok && slices.ContainsFunc(slice.Endpoints, ready) && !slices.Contains(clusters, cluster) {
			clusters = append(clusters, cluster)
		}
	}
	slices.Sort(clusters)
	return clusters
}

func (w *walk) clusterInName() {
	q := w.Question
	w.fail("addresses", ClusterInName, w.why(shown(q.serviceName()), "A"), "%q stands for a cluster: no name selects one of a service's clusters", q.Before)
}

func (w *walk) isMember(id string) bool {
	return slices.ContainsFunc(w.Members, func(m Member) bool { return strings.EqualFold(string(m.ID), id) })
}

// family judges a question for addresses of a family that the name has none of, and for types that no name has. It returns false
// where the name has what was asked for.
func (w *walk) family(at node) (failed bool) {
	q := w.Question
	if len(at[q.Type]) > 0 {
		return false
	}
	other := map[uint16]uint16{dns.TypeA: dns.TypeAAAA, dns.TypeAAAA: dns.TypeA}[q.Type]
	if other == 0 {
		w.fail("addresses", NotAName, w.why(shown(q.Name), "A"), "a service has records of the types A, AAAA and SRV, and none of type %s", q.TypeName())
		return true
	}
	families := map[uint16]string{dns.TypeA: "IPv4", dns.TypeAAAA: "IPv6"}
	w.fail("addresses", WrongFamily, w.why(shown(q.Name), dns.TypeToString[other]), "the service has %s addresses only, no %s", families[other], families[q.Type])
	return true
}

// ports judges a question for SRV records.
func (w *walk) ports(si *mcsv1beta1.ServiceImport) {
	q := w.Question
	var there []string
	unnamed := 0
	for _, p := range si.Spec.Ports {
		if label, ok := portLabel(p.Name, p.Protocol); ok {
			there = append(there, label)
		} else {
			unnamed++
		}
	}
	switch {
	case len(there) == 0:
		w.fail("addresses", NoPort, w.why(shown(q.serviceName()), "A"), "the service has no named port, and only those have SRV records")
	case q.Form == OfPort && !slices.Contains(there, q.Before) && !strings.HasPrefix(q.Before, "_."):
		w.fail("addresses", NoPort, w.why(there[0]+"."+shown(q.serviceName()), "SRV"), "the service has no port %s: it has %s", q.Before, few(there))
	case q.Type != dns.TypeSRV:
		w.fail("addresses", NoPort, w.why(shown(q.Name), "SRV"), "the name of a port has SRV records only")
	default:
		w.step(OK, "addresses", "named ports %s%s", few(there), map[bool]string{true: fmt.Sprintf(", %d unnamed", unnamed)}[unnamed > 0])
	}
}

// overlaps judges whether an address means more than one machine.
func (w *walk) overlaps() {
	var imported []mcs.ImportedSlice
	for _, slice := range w.Importer.Slices.Value {
		cluster, ok := sourceOf(slice, w.Question.Service)
		if !ok {
			continue
		}
		s := mcs.ImportedSlice{Cluster: mcs.ClusterID(cluster)}
		for _, endpoint := range slice.Endpoints {
			s.Endpoints = append(s.Endpoints, mcs.Endpoint{Addresses: endpoint.Addresses})
			for _, text := range endpoint.Addresses {
				if address, err := netip.ParseAddr(text); err == nil && cluster != string(w.Importer.ID) && w.Importer.ID != "" && w.ownRange(address) {
					w.overlap("%s is an endpoint in %s and lies in the range of %s's own pods", text, cluster, w.Importer.Context)
					return
				}
			}
		}
		imported = append(imported, s)
	}
	if overlaps := mcs.Overlaps(imported); len(overlaps) > 0 {
		w.overlap("%s is an endpoint in each of %v", overlaps[0].Address, overlaps[0].Clusters)
	}
}

func (w *walk) overlap(format string, args ...any) {
	w.fail("network", AddressesOverlap, command("mcsctl", "check", "--pre", "--context", w.Importer.Context), format, args...)
}

func (w *walk) ownRange(address netip.Addr) bool {
	return slices.ContainsFunc(w.Importer.PodCIDRs.Value, func(p netip.Prefix) bool { return p.Contains(address) })
}

// nearest is the word that begins most like another, for a suggestion.
func nearest(word string, words []string) string {
	best, most := "", -1
	for _, candidate := range words {
		n := 0
		for n < min(len(word), len(candidate)) && word[n] == candidate[n] {
			n++
		}
		if n > most {
			best, most = candidate, n
		}
	}
	return best
}
