package multicluster

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/coredns/coredns/plugin/pkg/dnstest"
	"github.com/coredns/coredns/plugin/test"
	"github.com/coredns/coredns/request"
	"github.com/miekg/dns"
	"golang.org/x/tools/txtar"
	discoveryv1 "k8s.io/api/discovery/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// FuzzSnapshot feeds whatever the API server may tell: any ServiceImport and any
// EndpointSlice in JSON. Nothing may panic, another service must answer as
// before, every record in the zone must pack and parse and be what a query for
// its name answers, and SRV targets must resolve.
func FuzzSnapshot(f *testing.F) {
	for _, seed := range objectSeeds(f) {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, importJSON, sliceJSON string) {
		imp, slice := new(mcsv1beta1.ServiceImport), new(discoveryv1.EndpointSlice)
		if json.Unmarshal([]byte(importJSON), imp) != nil || json.Unmarshal([]byte(sliceJSON), slice) != nil {
			t.Skip("no objects: the client library would refuse them")
		}
		m := newTestHandler(t, "multicluster clusterset.local")
		feed := publish(t, m, readTestdata(t, "bystander.yaml"))
		if err := feed.importStore("").Update(imp); err != nil {
			t.Fatal(err)
		}
		if err := feed.sliceStore("").Update(slice); err != nil {
			t.Fatal(err)
		}
		if imp.Name != "bystander" && slice.Labels[mcsv1beta1.LabelServiceName] != "bystander" {
			bystanderAnswers(t, m)
		}
		checkZone(t, m)
		if err := feed.importStore("").Delete(imp); err != nil {
			t.Fatal(err)
		}
		if err := feed.sliceStore("").Delete(slice); err != nil {
			t.Fatal(err)
		}
		checkZone(t, m)
	})
}

// objectSeeds returns the first import and the first slice of every file of cases,
// and each import with each slice of the hostile ones.
func objectSeeds(t testing.TB) [][2]string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("got no seeds (%v)", err)
	}
	text := func(object any) string {
		data, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	var seeds [][2]string
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "objects.yaml" })
		if i < 0 {
			continue
		}
		imports, objects := decode(t, archive.Files[i].Data)
		for i := range min(len(imports), len(objects)) {
			seeds = append(seeds, [2]string{text(imports[i]), text(objects[i])})
		}
	}
	return seeds
}

func bystanderAnswers(t *testing.T, m *Multicluster) {
	t.Helper()
	q := new(dns.Msg).SetQuestion("_http._tcp.bystander.test.svc.clusterset.local.", dns.TypeSRV)
	msg, _ := exchange(t, m, q, true)
	want := []string{"_http._tcp.bystander.test.svc.clusterset.local.\t5\tIN\tSRV\t0 100 80 b.ca.bystander.test.svc.clusterset.local."}
	if got := texts(msg.Answer); !slices.Equal(got, want) {
		t.Errorf("the bystander answers %v, want %v", got, want)
	}
}

// checkZone transfers the zone and asks for every name in it.
func checkZone(t testing.TB, m *Multicluster) {
	t.Helper()
	byName := make(map[string]map[uint16][]string)
	seen := make(map[string]bool)
	for _, rr := range transferAll(t, m, m.zones[0].name) {
		buf := make([]byte, dns.MaxMsgSize)
		n, err := dns.PackRR(rr, buf, 0, nil, false)
		if err != nil {
			t.Fatalf("packing %v: %v", rr, err)
		}
		if back, _, err := dns.UnpackRR(buf[:n], 0); err != nil || back.String() != rr.String() {
			t.Fatalf("%v reads back as %v (%v)", rr, back, err)
		}
		if seen[rr.String()] {
			t.Errorf("the transfer has %v twice", rr)
		}
		seen[rr.String()] = true
		h := rr.Header()
		if byName[h.Name] == nil {
			byName[h.Name] = make(map[uint16][]string)
		}
		byName[h.Name][h.Rrtype] = append(byName[h.Name][h.Rrtype], rr.String())
		if srv, ok := rr.(*dns.SRV); ok && !resolves(t, m, srv.Target) {
			t.Errorf("the target of %v does not resolve", rr)
		}
	}
	for name, types := range byName {
		for qtype, want := range types {
			msg, _ := exchange(t, m, new(dns.Msg).SetQuestion(name, qtype), true)
			got := make([]string, 0, len(msg.Answer))
			for _, rr := range msg.Answer {
				got = append(got, rr.String())
			}
			if !slices.Equal(sorted(got), sorted(want)) {
				t.Errorf("%s %s answers %v, and the transfer has %v", name, dns.TypeToString[qtype], got, want)
			}
		}
	}
}

func resolves(t testing.TB, m *Multicluster, name string) bool {
	t.Helper()
	for _, qtype := range []uint16{dns.TypeA, dns.TypeAAAA} {
		if msg, _ := exchange(t, m, new(dns.Msg).SetQuestion(name, qtype), true); len(msg.Answer) > 0 {
			return true
		}
	}
	return false
}

// transferAll returns the records of a transfer, the closing SOA left out.
func transferAll(t testing.TB, m *Multicluster, zone string) []dns.RR {
	t.Helper()
	records, err := m.Transfer(zone, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []dns.RR
	for batch := range records {
		all = append(all, batch...)
	}
	if len(all) < 2 || all[0].Header().Rrtype != dns.TypeSOA || all[0].String() != all[len(all)-1].String() {
		t.Fatalf("the transfer is not between two equal SOA records: %v", all)
	}
	return all[:len(all)-1]
}

// FuzzQuery sends whatever a client may send. Every query that CoreDNS would
// accept gets a reply or a code; a reply packs, parses, matches the query, keeps
// to the size the client has room for and, where it is negative, says so with
// one SOA.
func FuzzQuery(f *testing.F) {
	m := newTestHandler(f, "multicluster clusterset.local clusterset.local.example")
	publish(f, m, readTestdata(f, "bystander.yaml"))
	for _, name := range []string{
		"bystander.test.svc.clusterset.local.", "_HTTP._tcp.bystander.test.svc.clusterset.local.", "clusterset.local.", ".",
		`a\.b.svc.clusterset.local.`, `\000\255.test.svc.clusterset.local.`, "b.ca.bystander.test.svc.clusterset.local.",
		strings.Repeat("a.", 100) + "clusterset.local.", "1.0.0.10.in-addr.arpa.",
	} {
		for _, qtype := range []uint16{dns.TypeA, dns.TypeSRV, dns.TypeANY, dns.TypeAXFR, dns.TypeTXT, dns.TypeOPT} {
			q := new(dns.Msg).SetQuestion(name, qtype)
			q.SetEdns0(uint16(rand.Uint32()), true)
			wire, err := q.Pack()
			if err != nil {
				f.Fatal(err)
			}
			f.Add(wire, true)
			f.Add(wire, false)
		}
	}
	f.Fuzz(func(t *testing.T, wire []byte, overTCP bool) {
		q := new(dns.Msg)
		if q.Unpack(wire) != nil || q.Response {
			t.Skip("the server drops it")
		}
		limit := requestSize(q, overTCP)
		w := dnstest.NewRecorder(&test.ResponseWriter{TCP: overTCP})
		rcode, err := m.ServeDNS(context.Background(), request.NewScrubWriter(q, w), q)
		if err != nil {
			t.Fatal(err)
		}
		if w.Msg == nil {
			if rcode != dns.RcodeNotZone && rcode != dns.RcodeRefused {
				t.Errorf("got no message and code %d", rcode)
			}
			return
		}
		out, err := w.Msg.Pack()
		if err != nil {
			t.Fatalf("packing the answer: %v", err)
		}
		if w.Msg.IsTsig() == nil && len(out) > limit {
			t.Errorf("got %d octets, and the client has room for %d", len(out), limit)
		}
		back := new(dns.Msg)
		if err := back.Unpack(out); err != nil {
			t.Fatalf("reading the answer: %v", err)
		}
		if back.Id != q.Id || !back.Response || len(back.Question) != 1 || back.Question[0] != q.Question[0] {
			t.Errorf("%v does not answer %v", back, q)
		}
		if len(back.Answer) == 0 && !back.Truncated && (len(back.Ns) != 1 || back.Ns[0].Header().Rrtype != dns.TypeSOA) {
			t.Errorf("a negative answer without one SOA: %v", back)
		}
	})
}

func requestSize(q *dns.Msg, overTCP bool) int {
	state := request.Request{Req: q, W: &test.ResponseWriter{TCP: overTCP}}
	return state.Size()
}
