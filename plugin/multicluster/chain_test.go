package multicluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin"
	"github.com/coredns/coredns/plugin/pkg/dnstest"
	"github.com/coredns/coredns/plugin/test"
	"github.com/coredns/coredns/request"
	"github.com/miekg/dns"
)

// TestRecordsSurviveOtherPlugins asks through plugins that change answers, many
// at a time, and then looks whether the shared records are as they were. Under
// the race detector it also finds a plugin that writes to them.
func TestRecordsSurviveOtherPlugins(t *testing.T) {
	key := dnssecKey(t)
	search := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(search, []byte("search nosuch.clusterset.local large.svc.clusterset.local\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, corefile string }{
		{"cache", "cache 30"},
		{"cache that prefetches", "cache {\nprefetch 1 1m 90%\nserve_stale\n}"},
		{"rewrite of names", "rewrite name suffix .test.svc.clusterset.local. .test.svc.clusterset.local. answer auto\nrewrite name exact a.example. nine.large.svc.clusterset.local."},
		{"rewrite of TTLs", "rewrite ttl suffix clusterset.local. 99"},
		{"loadbalance", "loadbalance"},
		{"autopath", "autopath nosuch.clusterset.local " + search},
		{"dnssec", "dnssec clusterset.local {\nkey file " + key + "\n}"},
		{"minimal", "minimal"},
		{"log", "log . \"{name} {rsize} {/multicluster/service} {/multicluster/result}\"\nmetadata"},
		{"header", "header {\nresponse set ra\n}"},
		{"prometheus", "prometheus localhost:0"},
		{"dnstap", "dnstap tcp://127.0.0.1:1 full"},
		{"all of them", "metadata\nlog\nerrors\nloadbalance\nrewrite ttl suffix clusterset.local. 7\ncache 5\ndnssec clusterset.local {\nkey file " + key + "\n}\nminimal"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m, _ := benchHandler(t, 4)
			before := zoneText(t, m)
			storm(t, chain(t, tc.corefile, m))
			if after := zoneText(t, m); !slices.Equal(before, after) {
				t.Error("the records of the zone have changed")
			}
			askDirectly(t, m)
		})
	}
}

// chain puts the plugins of a Corefile before m.
func chain(t *testing.T, corefile string, m *Multicluster) plugin.Handler {
	t.Helper()
	directives := strings.Fields("metadata prometheus errors log dnstap loadbalance rewrite autopath cache header dnssec minimal")
	var handler plugin.Handler = m
	for _, name := range slices.Backward(directives) {
		block := onlyDirective(corefile, name)
		if block == "" {
			continue
		}
		c := caddy.NewTestController("dns", block)
		c.ServerBlockKeys = []string{"."}
		dnsserver.GetConfig(c).Zone = "."
		setup, err := caddy.DirectiveAction("dns", name)
		if err != nil {
			t.Fatal(err)
		}
		if err := setup(c); err != nil {
			t.Fatalf("setting up %q: %v", block, err)
		}
		for _, p := range dnsserver.GetConfig(c).Plugin {
			handler = p(handler)
		}
	}
	return handler
}

// onlyDirective returns the blocks of one directive in a Corefile.
func onlyDirective(corefile, name string) string {
	var lines []string
	depth, mine := 0, false
	for line := range strings.Lines(corefile) {
		word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if depth == 0 {
			mine = word == name
		}
		if mine {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
		if strings.HasSuffix(line, " {\n") {
			depth++
		}
		if strings.TrimSpace(line) == "}" {
			depth--
		}
	}
	return strings.Join(lines, "\n")
}

var stormNames = []struct {
	name  string
	qtype uint16
}{
	{"vip-0.ns-0.svc.clusterset.local.", dns.TypeA},
	{"VIP-0.ns-0.svc.Clusterset.local.", dns.TypeA},
	{"vip-0.ns-0.svc.clusterset.local.", dns.TypeAAAA},
	{"vip-0.ns-0.svc.clusterset.local.", dns.TypeSRV},
	{"nine.large.svc.clusterset.local.", dns.TypeA},
	{"hundred.large.svc.clusterset.local.", dns.TypeA},
	{"_http._tcp.nine.large.svc.clusterset.local.", dns.TypeSRV},
	{"nine.nosuch.clusterset.local.", dns.TypeA},
	{"pod-1.c0.nine.large.svc.clusterset.local.", dns.TypeA},
	{"nosuch.large.svc.clusterset.local.", dns.TypeA},
	{"clusterset.local.", dns.TypeNS},
	{"clusterset.local.", dns.TypeSOA},
	{"dns-version.clusterset.local.", dns.TypeTXT},
	{"a.example.", dns.TypeA},
}

// storm asks everything from several sides at once, over UDP and TCP, with and
// without EDNS and DNSSEC.
func storm(t *testing.T, h plugin.Handler) {
	t.Helper()
	var all sync.WaitGroup
	for side := range 4 {
		all.Go(func() {
			for round := range 25 {
				for _, s := range stormNames {
					q := new(dns.Msg).SetQuestion(s.name, s.qtype)
					if round%2 == 0 {
						q.SetEdns0(1232, round%4 == 0)
					}
					w := dnstest.NewRecorder(&test.ResponseWriter{TCP: (side+round)%2 == 0})
					if _, err := h.ServeDNS(context.Background(), request.NewScrubWriter(q, w), q); err != nil {
						t.Error(err)
						return
					}
					if w.Msg == nil {
						continue
					}
					if _, err := w.Msg.Pack(); err != nil {
						t.Errorf("packing the answer to %s: %v", s.name, err)
					}
				}
			}
		})
	}
	all.Wait()
}

// zoneText returns every record that the zone has, as the answers share them.
func zoneText(t *testing.T, m *Multicluster) []string {
	t.Helper()
	s := m.current.Load()
	var lines []string
	for svc := range s.services.all() {
		v := svc.view(m.zones[0])
		for _, rr := range v.records() {
			lines = append(lines, fmt.Sprint(rr))
		}
	}
	for _, rr := range slices.Concat(m.zones[0].ns.all(), m.zones[0].version.all(), s.soas[0].all()) {
		lines = append(lines, fmt.Sprint(rr))
	}
	return sorted(lines)
}

// askDirectly looks whether answers are right after a storm.
func askDirectly(t *testing.T, m *Multicluster) {
	t.Helper()
	for name, want := range map[string]int{"nine.large.svc.clusterset.local.": 9, "hundred.large.svc.clusterset.local.": 100} {
		msg, _ := exchange(t, m, new(dns.Msg).SetQuestion(name, dns.TypeA), true)
		if len(msg.Answer) != want {
			t.Errorf("%s has %d addresses, want %d", name, len(msg.Answer), want)
		}
		for _, rr := range msg.Answer {
			if rr.Header().Name != name || rr.Header().Ttl != 5 {
				t.Errorf("a record was changed: %v", rr)
			}
		}
	}
}
