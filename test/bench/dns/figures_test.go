package main

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
)

func TestQuantile(t *testing.T) {
	for _, tc := range []struct {
		name   string
		values []float64
		share  float64
		want   float64
	}{
		{"of nothing", nil, 0.5, 0},
		{"the middle of an odd number", []float64{3, 1, 2}, 0.5, 2},
		{"between the two in the middle", []float64{4, 1, 2, 3}, 0.5, 2.5},
		{"of one, whatever the share", []float64{7}, 0.99, 7},
		{"the worst", []float64{1, 9, 2}, 1, 9},
		{"two of two hundred are worse than the p99", append(make([]float64, 198), 5, 6), 0.99, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := quantile(tc.values, tc.share); got != tc.want {
				t.Errorf("%v, want %v", got, tc.want)
			}
		})
	}
}

func TestRatiosAreTakenPairByPair(t *testing.T) {
	// The second round was slow for both, which the ratio of the medians would not know; in the third one is unknown.
	got := ratios([]float64{20, 80, 22, 7}, []float64{10, 40, 0, 7})
	if diff := cmp.Diff([]float64{2, 2, 1}, got); diff != "" {
		t.Errorf("ratios (-want +got):\n%s", diff)
	}
}

func TestJudge(t *testing.T) {
	one, two := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
	reply := func(rcode int, all ...netip.Addr) *dns.Msg {
		m := &dns.Msg{MsgHdr: dns.MsgHdr{Rcode: rcode}}
		for _, a := range all {
			m.Answer = append(m.Answer, &dns.A{A: a.AsSlice()})
		}
		return m
	}
	for _, tc := range []struct {
		name  string
		reply *dns.Msg
		want  verdict
	}{
		{"no answer", nil, silent},
		{"SERVFAIL", reply(dns.RcodeServerFailure), silent},
		{"REFUSED", reply(dns.RcodeRefused), silent},
		{"all addresses in another order", reply(dns.RcodeSuccess, two, one), right},
		{"a part of them", reply(dns.RcodeSuccess, one), wrong},
		{"one of them twice", reply(dns.RcodeSuccess, one, one), wrong},
		{"NODATA", reply(dns.RcodeSuccess), wrong},
		{"NXDOMAIN", reply(dns.RcodeNameError), wrong},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := judge(tc.reply, []netip.Addr{one, two}); got != tc.want {
				t.Errorf("verdict %d, want %d", got, tc.want)
			}
		})
	}
}

func TestParseHeap(t *testing.T) {
	const profile = "heap profile: 1: 2 [3: 4] @ heap/1048576\n\n# runtime.MemStats\n# Alloc = 5\n# HeapAlloc = 1000\n# HeapInuse = 2000\n"
	type heap struct{ alloc, inuse int64 }
	alloc, inuse, err := parseHeap([]byte(profile))
	if diff := cmp.Diff(heap{1000, 2000}, heap{alloc, inuse}, cmp.AllowUnexported(heap{})); diff != "" || err != nil {
		t.Errorf("error %v, heap (-want +got):\n%s", err, diff)
	}
	if _, _, err := parseHeap([]byte("404 page not found\n")); err == nil {
		t.Error("what is no profile is read as one")
	}
}
