package multicluster

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/plugin/pkg/dnstest"
	"github.com/coredns/coredns/plugin/test"
	"github.com/coredns/coredns/request"
	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"golang.org/x/tools/txtar"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// The files of testdata are the multicluster DNS specification as queries and
// answers. Each has a header (a sentence and the clause), optionally a block of a
// Corefile, objects in YAML, and queries:
//
//	? NAME TYPE... [tcp] [udp=SIZE]
//	VERDICT
//	RECORD        of the answer, in any order
//	+ RECORD      of Additional
//
// VERDICT is ANSWER, NODATA, NXDOMAIN (these two ask for exactly one SOA of the
// zone), REFUSED, SERVFAIL, or NEXT for a query passed to the next plugin. A
// section rejected lists how much of the objects must be counted as left out.
const serverAddresses = "192.0.2.53 2001:db8::53"

func TestSpecification(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 15 {
		t.Fatalf("got %d files of cases (%v), want one for every rule", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(archive.Comment, []byte("Spec: ")) {
				t.Error("the header names no clause (Spec: ...)")
			}
			runCases(t, archive)
		})
	}
}

func runCases(t *testing.T, archive *txtar.Archive) {
	corefile := "multicluster clusterset.local"
	var objects, queries, rejected []byte
	for _, f := range archive.Files {
		switch f.Name {
		case "corefile":
			corefile = string(f.Data)
		case "objects.yaml":
			objects = f.Data
		case "queries":
			queries = f.Data
		case "rejected":
			rejected = f.Data
		default:
			t.Fatalf("unknown section %q", f.Name)
		}
	}
	m := newTestHandler(t, corefile)
	before := rejectedSoFar(t)
	if objects != nil {
		publish(t, m, objects)
	}
	if diff := cmp.Diff(strings.TrimSpace(string(rejected)), rejectedSince(t, before)); rejected != nil && diff != "" {
		t.Errorf("rejected (-want +got):\n%s", diff)
	}
	cases := parseCases(t, queries)
	if len(cases) == 0 {
		t.Fatal("no queries")
	}
	for _, c := range cases {
		t.Run(c.String(), func(t *testing.T) { c.run(t, m) })
	}
}

func rejectedSoFar(t testing.TB) (counts [reasonCount]float64) {
	t.Helper()
	for r := range reasonCount {
		counts[r] = testutil.ToFloat64(rejectedTotal.WithLabelValues(r.String()))
	}
	return counts
}

// rejectedSince returns what was counted since, a line for each reason.
func rejectedSince(t testing.TB, before [reasonCount]float64) string {
	t.Helper()
	var lines []string
	for r, n := range rejectedSoFar(t) {
		if n > before[r] {
			lines = append(lines, fmt.Sprintf("%s %v", reason(r), n-before[r]))
		}
	}
	return strings.Join(sorted(lines), "\n")
}

// newTestHandler makes a handler from a block of a Corefile, without its watches.
func newTestHandler(t testing.TB, corefile string) *Multicluster {
	t.Helper()
	o, err := parse(caddy.NewTestController("dns", corefile))
	if err != nil {
		t.Fatal(err)
	}
	m := newMulticluster(o)
	var at []netip.Addr
	for _, a := range strings.Fields(serverAddresses) {
		at = append(at, netip.MustParseAddr(a))
	}
	m.serveAt(at)
	m.Next = test.HandlerFunc(func(context.Context, dns.ResponseWriter, *dns.Msg) (int, error) {
		return dns.RcodeNotZone, nil // no plugin of ours says so
	})
	return m
}

// publish gives m the state that objects describe.
func publish(t testing.TB, m *Multicluster, objects []byte) *feed {
	t.Helper()
	imports, slices := decode(t, objects)
	f := newFeed(m.zones, &m.current, map[string]int{importsResource: 1, slicesResource: 1})
	if err := f.importStore("").Replace(imports, ""); err != nil {
		t.Fatal(err)
	}
	if err := f.sliceStore("").Replace(slices, ""); err != nil {
		t.Fatal(err)
	}
	return f
}

func decode(t testing.TB, objects []byte) (imports, slices []any) {
	t.Helper()
	docs := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(objects)))
	for {
		doc, err := docs.Read()
		if errors.Is(err, io.EOF) {
			return imports, slices
		}
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case bytes.Contains(doc, []byte("kind: ServiceImport")):
			o := new(mcsv1beta1.ServiceImport)
			if err := yaml.UnmarshalStrict(doc, o); err != nil {
				t.Fatalf("%v in:\n%s", err, doc)
			}
			imports = append(imports, o)
		case bytes.Contains(doc, []byte("kind: EndpointSlice")):
			o := new(discoveryv1.EndpointSlice)
			if err := yaml.UnmarshalStrict(doc, o); err != nil {
				t.Fatalf("%v in:\n%s", err, doc)
			}
			slices = append(slices, o)
		default:
			t.Fatalf("unknown object:\n%s", doc)
		}
	}
}

// dnsCase is one query and what must come back.
type dnsCase struct {
	name    string
	qtype   string
	tcp     bool
	udpSize uint16
	verdict string
	answer  []string
	extra   []string
}

func (c dnsCase) String() string { return c.name + " " + c.qtype }

func parseCases(t *testing.T, script []byte) []dnsCase {
	var cases []dnsCase
	from := 0 // of the cases that the lines after a query belong to
	for line := range strings.Lines(string(script)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "? "):
			from = len(cases)
			words := strings.Fields(line[2:])
			c := dnsCase{name: words[0]}
			var types []string
			for _, w := range words[1:] {
				if size, ok := strings.CutPrefix(w, "udp="); ok {
					n, err := strconv.ParseUint(size, 10, 16)
					if err != nil {
						t.Fatal(err)
					}
					c.udpSize = uint16(n)
				} else if w == "tcp" {
					c.tcp = true
				} else {
					types = append(types, w)
				}
			}
			for _, c.qtype = range types {
				cases = append(cases, c)
			}
		case strings.HasPrefix(line, "+ "):
			for i := range cases[from:] {
				cases[from+i].extra = append(cases[from+i].extra, recordText(t, line[2:]))
			}
		case !strings.Contains(line, " "):
			for i := range cases[from:] {
				cases[from+i].verdict = line
			}
		default:
			for i := range cases[from:] {
				cases[from+i].answer = append(cases[from+i].answer, recordText(t, line))
			}
		}
	}
	return cases
}

func recordText(t *testing.T, line string) string {
	rr, err := dns.NewRR(line)
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return rr.String()
}

func (c dnsCase) run(t *testing.T, m *Multicluster) {
	q := new(dns.Msg).SetQuestion(c.name, dns.StringToType[c.qtype])
	if q.Question[0].Qtype == dns.TypeNone {
		t.Fatalf("unknown type %q", c.qtype)
	}
	if c.udpSize > 0 {
		q.SetEdns0(c.udpSize, false)
	}
	msg, rcode := exchange(t, m, q, c.tcp || c.udpSize == 0)
	if msg == nil {
		got := map[int]string{dns.RcodeNotZone: "NEXT", dns.RcodeServerFailure: "SERVFAIL", dns.RcodeRefused: "REFUSED"}[rcode]
		if got != c.verdict {
			t.Fatalf("got no message and code %d, want %s", rcode, c.verdict)
		}
		return
	}
	if got := verdictText(m, msg); got != c.verdict {
		t.Fatalf("got %s, want %s in\n%v", got, c.verdict, msg)
	}
	if diff := cmp.Diff(sorted(c.answer), texts(msg.Answer)); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(sorted(c.extra), texts(msg.Extra)); diff != "" && (c.extra != nil || !c.mayHaveExtra()) {
		t.Errorf("additional (-want +got):\n%s", diff)
	}
}

// mayHaveExtra reports whether addresses in Additional need not be listed.
func (c dnsCase) mayHaveExtra() bool {
	return c.verdict == "ANSWER" && (c.qtype == "SRV" || c.qtype == "NS")
}

// exchange asks m as a server would and returns the message that went out, as the
// client reads it, or the code of a query that got no message from m.
func exchange(t testing.TB, m *Multicluster, q *dns.Msg, overTCP bool) (*dns.Msg, int) {
	t.Helper()
	w := dnstest.NewRecorder(&test.ResponseWriter{TCP: overTCP})
	rcode, err := m.ServeDNS(context.Background(), request.NewScrubWriter(q, w), q)
	if err != nil {
		t.Fatal(err)
	}
	if w.Msg == nil {
		return nil, rcode
	}
	wire, err := w.Msg.Pack()
	if err != nil {
		t.Fatalf("packing the answer to %v: %v", q.Question[0], err)
	}
	read := new(dns.Msg)
	if err := read.Unpack(wire); err != nil {
		t.Fatalf("reading the answer to %v: %v", q.Question[0], err)
	}
	read.Extra = slices.DeleteFunc(read.Extra, func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeOPT })
	if !read.Authoritative || !read.Response || read.Id != q.Id || read.Question[0] != q.Question[0] {
		t.Errorf("the answer does not match the query %v:\n%v", q.Question[0], read)
	}
	return read, rcode
}

func verdictText(m *Multicluster, msg *dns.Msg) string {
	if len(msg.Answer) > 0 {
		if msg.Rcode == dns.RcodeSuccess && len(msg.Ns) == 0 {
			return "ANSWER"
		}
		return fmt.Sprintf("an answer with code %s and %d records of authority", dns.RcodeToString[msg.Rcode], len(msg.Ns))
	}
	q := strings.ToLower(msg.Question[0].Name)
	if len(msg.Ns) != 1 {
		return fmt.Sprintf("a negative answer with %d records of authority", len(msg.Ns))
	}
	soa, ok := msg.Ns[0].(*dns.SOA)
	if !ok || !dns.IsSubDomain(soa.Hdr.Name, q) || soa.Hdr.Ttl != min(m.zones[0].ttl, soa.Minttl) {
		return "a negative answer with " + msg.Ns[0].String()
	}
	want := &dns.SOA{
		Hdr: dns.RR_Header{Name: soa.Hdr.Name, Rrtype: dns.TypeSOA, Class: dns.ClassINET, Ttl: soa.Hdr.Ttl, Rdlength: soa.Hdr.Rdlength},
		Ns:  "ns.dns." + soa.Hdr.Name, Mbox: "hostmaster." + soa.Hdr.Name,
		Serial: m.current.Load().serial, Refresh: 7200, Retry: 1800, Expire: 86400, Minttl: soa.Minttl,
	}
	if diff := cmp.Diff(want.String(), soa.String()); diff != "" {
		return "a negative answer with another SOA (-want +got):\n" + diff
	}
	switch msg.Rcode {
	case dns.RcodeSuccess:
		return "NODATA"
	case dns.RcodeNameError:
		return "NXDOMAIN"
	}
	return dns.RcodeToString[msg.Rcode]
}

func texts(records []dns.RR) []string {
	var all []string
	for _, rr := range records {
		if soa, ok := rr.(*dns.SOA); ok {
			c := *soa
			c.Serial = 1 // a matter of when
			rr = &c
		}
		all = append(all, rr.String())
	}
	return sorted(all)
}

func sorted(lines []string) []string {
	lines = slices.Clone(lines)
	slices.Sort(lines)
	return lines
}

func readTestdata(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}
