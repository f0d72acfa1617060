package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/coredns/coredns/plugin/pkg/dnstest"
	"github.com/coredns/coredns/plugin/test"
	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
)

const zone = `clusterset.local. 5 IN SOA ns.dns.clusterset.local. hostmaster.clusterset.local. 1 7200 1800 86400 5
web.shop.svc.clusterset.local. 5 IN A 10.0.0.1
web-0.east.web.shop.svc.clusterset.local. 5 IN A 10.0.0.1
_http._tcp.web.shop.svc.clusterset.local. 5 IN SRV 0 1 80 web-0.east.web.shop.svc.clusterset.local.
`

func TestFloorAnswers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "zone")
	if err := os.WriteFile(file, []byte(zone), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := load(file)
	if err != nil {
		t.Fatal(err)
	}
	type reply struct{ Rcode, Answer, Authority, Additional int }
	for _, tc := range []struct {
		name  string
		qname string
		qtype uint16
		want  reply
	}{
		{"records", "web.shop.svc.clusterset.local.", dns.TypeA, reply{Answer: 1}},
		{"records in any case", "WEB.shop.svc.clusterset.local.", dns.TypeA, reply{Answer: 1}},
		{"SRV with the address of its target", "_http._tcp.web.shop.svc.clusterset.local.", dns.TypeSRV, reply{Answer: 1, Additional: 1}},
		{"a name without that type", "web.shop.svc.clusterset.local.", dns.TypeAAAA, reply{Authority: 1}},
		{"a name with nothing but names below it", "east.web.shop.svc.clusterset.local.", dns.TypeA, reply{Authority: 1}},
		{"no such name", "no.shop.svc.clusterset.local.", dns.TypeA, reply{Rcode: dns.RcodeNameError, Authority: 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := dnstest.NewRecorder(&test.ResponseWriter{})
			if _, err := f.ServeDNS(t.Context(), w, new(dns.Msg).SetQuestion(tc.qname, tc.qtype)); err != nil {
				t.Fatal(err)
			}
			got := reply{w.Msg.Rcode, len(w.Msg.Answer), len(w.Msg.Ns), len(w.Msg.Extra)}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("reply (-want +got):\n%s", diff)
			}
		})
	}
}
