package multicluster

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/coredns/coredns/plugin/pkg/dnstest"
	"github.com/coredns/coredns/plugin/test"
	"github.com/coredns/coredns/request"
	"github.com/miekg/dns"
	discoveryv1 "k8s.io/api/discovery/v1"
)

// largeHandler serves one headless service "large" with size endpoints.
func largeHandler(t testing.TB, size int) *Multicluster {
	t.Helper()
	m := newTestHandler(t, "multicluster clusterset.local")
	f := newFeed(m.zones, &m.current, map[string]int{importsResource: 1, slicesResource: 1})
	if err := f.importStore("").Replace([]any{headlessImport("test", "large")}, ""); err != nil {
		t.Fatal(err)
	}
	v4 := endpointSlice("test", "large", 0, size)
	v6 := endpointSlice("test", "large", 0, size)
	v6.Name, v6.AddressType = v6.Name+"-v6", discoveryv1.AddressTypeIPv6
	for i := range v6.Endpoints {
		v6.Endpoints[i].Addresses = []string{fmt.Sprintf("2001:db8::%x:1", i)}
	}
	if err := f.sliceStore("").Replace([]any{v4, v6}, ""); err != nil {
		t.Fatal(err)
	}
	return m
}

// wireReply asks m as a server would and returns what goes over the wire.
func wireReply(t testing.TB, m *Multicluster, q *dns.Msg, overTCP bool) (*dns.Msg, int) {
	t.Helper()
	q = q.Copy()
	w := dnstest.NewRecorder(&test.ResponseWriter{TCP: overTCP})
	if _, err := m.ServeDNS(context.Background(), request.NewScrubWriter(q, w), q); err != nil {
		t.Fatal(err)
	}
	wire, err := w.Msg.Pack()
	if err != nil {
		t.Fatal(err)
	}
	back := new(dns.Msg)
	if err := back.Unpack(wire); err != nil {
		t.Fatal(err)
	}
	return back, len(wire)
}

// Spec: RFC 1035 4.2.1, RFC 6891 6.2.3 and RFC 2181 9; truncation must be fair,
// since a client may never come back over TCP.
func TestLargeAnswerOverUDP(t *testing.T) {
	m := largeHandler(t, 500)
	for _, tc := range []struct {
		name string
		size uint16 // that the client advertises; 0: nothing
		want int
	}{
		{"a client without EDNS gets 512 octets", 0, 512},
		{"a client gets what it advertises", 1232, 1232},
		{"a client that advertises less than 512 gets 512", 100, 512},
	} {
		t.Run(tc.name, func(t *testing.T) {
			q := new(dns.Msg).SetQuestion("large.test.svc.clusterset.local.", dns.TypeA)
			if tc.size > 0 {
				q.SetEdns0(tc.size, true)
			}
			seen := make(map[string]bool)
			var last []string
			for range 1000 {
				msg, size := wireReply(t, m, q, false)
				if size > tc.want || !msg.Truncated {
					t.Fatalf("got %d octets and TC %v, want at most %d and TC", size, msg.Truncated, tc.want)
				}
				if opt := msg.IsEdns0(); (opt != nil) != (tc.size > 0) || opt != nil && !opt.Do() {
					t.Fatalf("got OPT %v for a client that advertises %d", opt, tc.size)
				}
				got := texts(msg.Answer)
				if slices.Equal(got, last) {
					t.Fatal("two answers in a row hold the same endpoints")
				}
				last = got
				for _, rr := range got {
					seen[rr] = true
				}
			}
			if len(seen) != 500 {
				t.Errorf("%d of 500 endpoints were in some answer", len(seen))
			}
		})
	}
}

// Spec: RFC 1035 4.2.2; a message holds 65,535 octets. What does not fit into
// one is left out by turns, and TC would only send the client in a circle.
func TestLargeAnswerOverTCP(t *testing.T) {
	for _, tc := range []struct {
		name  string
		size  int
		qtype uint16
		whole bool
	}{
		{"500 addresses are whole", 500, dns.TypeA, true},
		{"4,000 addresses are whole", 4000, dns.TypeA, true},
		{"5,000 addresses are a part", 5000, dns.TypeA, false},
		{"2,000 IPv6 addresses are whole", 2000, dns.TypeAAAA, true},
		{"3,000 IPv6 addresses are a part", 3000, dns.TypeAAAA, false},
		{"900 targets are whole", 900, dns.TypeSRV, true},
		{"1,500 targets are a part", 1500, dns.TypeSRV, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := largeHandler(t, tc.size)
			q := new(dns.Msg).SetQuestion("large.test.svc.clusterset.local.", tc.qtype)
			q.SetEdns0(1232, true)
			first, size := wireReply(t, m, q, true)
			if first.Truncated || size > dns.MaxMsgSize {
				t.Errorf("got TC %v in %d octets, want none in at most %d", first.Truncated, size, dns.MaxMsgSize)
			}
			if whole := len(first.Answer) == tc.size; whole != tc.whole {
				t.Errorf("got %d of %d records in %d octets", len(first.Answer), tc.size, size)
			}
			if !tc.whole && size < dns.MaxMsgSize-100 {
				t.Errorf("got %d octets, and there was room for more", size)
			}
			second, _ := wireReply(t, m, q, true)
			if !tc.whole && slices.Equal(texts(first.Answer), texts(second.Answer)) {
				t.Error("two answers in a row hold the same endpoints")
			}
		})
	}
}

// Spec: RFC 2181 9: what is left out of Additional is no truncation. Additional
// holds as much as fits, and TC is set only where the answer itself does not.
func TestAdditionalFillsTheRoom(t *testing.T) {
	for _, hosts := range []int{1, 2, 5, 9, 15, 30, 60, 120, 250, 400} {
		m := largeHandler(t, hosts)
		for _, name := range []string{"_http._tcp.large.test.svc.clusterset.local.", "Large.Test.svc.ClusterSet.local."} {
			for _, size := range []uint16{0, 512, 700, 1232, 1400, 4096, 20000, 65535} {
				q := new(dns.Msg).SetQuestion(name, dns.TypeSRV)
				if size > 0 {
					q.SetEdns0(size, false)
					q.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_COOKIE{Code: dns.EDNS0COOKIE, Cookie: "0123456789abcdef"}}
				}
				checkAdditional(t, m, q, hosts, int(max(size, 512)))
			}
		}
	}
}

func checkAdditional(t *testing.T, m *Multicluster, q *dns.Msg, hosts, room int) {
	t.Helper()
	msg, size := wireReply(t, m, q, false)
	what := fmt.Sprintf("%d hosts, %d octets, %s", hosts, room, q.Question[0].Name)
	if size > room {
		t.Fatalf("%s: got %d octets", what, size)
	}
	bare := msg.Copy()
	bare.Extra, bare.Compress = nil, true
	if opt := msg.IsEdns0(); opt != nil {
		bare.Extra = []dns.RR{opt}
	}
	if msg.Truncated {
		if len(msg.Answer) == hosts {
			t.Errorf("%s: TC, and the answer is whole", what)
		}
		return
	}
	if len(msg.Answer) != hosts {
		t.Errorf("%s: no TC, and the answer has %d records", what, len(msg.Answer))
	}
	extra := len(msg.Extra) - len(bare.Extra)
	if extra == 2*hosts {
		return
	}
	// An AAAA record under a compressed name takes 28 octets. The cookie counts as
	// room taken: which options CoreDNS sends back is not the plugin's to know.
	if record, cookie := 28, 12; room <= maxPointer && size+record+cookie <= room {
		t.Errorf("%s: %d of %d addresses in %d octets, and there was room for more", what, extra, 2*hosts, size)
	}
}
