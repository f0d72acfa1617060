package load

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
)

func TestParseDNSPerf(t *testing.T) {
	const printed = `DNS Performance Testing Tool
Version 2.10.0

[Status] Testing complete (time limit)

Statistics:

  Queries sent:         30000
  Queries completed:    29999 (100.00%)
  Queries lost:         1 (0.00%)

  Response codes:       NOERROR 28500 (95.00%), NXDOMAIN 1499 (5.00%)
  Average packet size:  request 58, response 201
  Run time (s):         3.000100
  Queries per second:   9999.300000
`
	want := Outcome{
		Answered: 29999, Lost: 1, Rcodes: map[string]int{"NOERROR": 28500, "NXDOMAIN": 1499},
		Took: 3000100 * time.Microsecond, AnswerBytes: 201,
	}
	got, err := parseDNSPerf([]byte(printed))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outcome (-want +got):\n%s", diff)
	}
	if _, err := parseDNSPerf([]byte("Error: no route")); err == nil {
		t.Error("what is no report of dnsperf is read as one")
	}
}

func TestCheck(t *testing.T) {
	for _, tc := range []struct {
		name    string
		outcome Outcome
		want    string // in the error; empty: there is none
	}{
		{"right answers", Outcome{Answered: 1000, Lost: 9, Rcodes: map[string]int{"NOERROR": 1000}}, ""},
		{"answers of another code", Outcome{Answered: 10, Rcodes: map[string]int{"NOERROR": 9, "SERVFAIL": 1}}, "1 of 10 answers are SERVFAIL"},
		{"many lost", Outcome{Answered: 100, Lost: 2, Rcodes: map[string]int{"NOERROR": 100}}, "2 lost"},
		{"no answer", Outcome{}, "0 queries were answered"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := tc.outcome.Check(dns.RcodeSuccess)
			if got := err != nil; got != (tc.want != "") || got && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
		})
	}
}

// here is the network of the test itself.
type here struct{ net.Dialer }

func (*here) Exec(context.Context, ...string) ([]byte, error) {
	panic("the built-in generator runs no program")
}

func TestBuiltinAsksAtItsRate(t *testing.T) {
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	started := make(chan struct{})
	server := &dns.Server{
		PacketConn:        packets,
		NotifyStartedFunc: func() { close(started) },
		Handler: dns.HandlerFunc(func(w dns.ResponseWriter, r *dns.Msg) {
			reply := new(dns.Msg).SetReply(r)
			if strings.HasPrefix(r.Question[0].Name, "no.") {
				reply.Rcode = dns.RcodeNameError
			}
			_ = w.WriteMsg(reply) // a reply that is lost shows in the outcome
		}),
	}
	served := make(chan error, 1)
	go func() { served <- server.ActivateAndServe() }()
	<-started
	t.Cleanup(func() {
		if err := server.Shutdown(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	file := filepath.Join(t.TempDir(), "questions")
	if err := os.WriteFile(file, []byte("yes.example. A\nno.example. AAAA\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	// A hundred queries over seconds: a machine that has no time for any of them for a moment still comes to most.
	order := Order{Server: netip.MustParseAddrPort(packets.LocalAddr().String()), File: file, For: 4 * time.Second, Rate: 25}
	got, err := builtin{}.Run(t.Context(), &here{}, order)
	if err != nil {
		t.Fatal(err)
	}
	if err := got.Check(dns.RcodeSuccess, dns.RcodeNameError); err != nil {
		t.Error(err)
	}
	if got.Answered > 101 || got.Rcodes["NXDOMAIN"] == 0 || got.Rcodes["NOERROR"] == 0 {
		t.Errorf("%d answers %v to two questions in turn; want 101 at most, of both codes", got.Answered, got.Rcodes)
	}
}

func TestAClientThatIsLateAsksOnce(t *testing.T) {
	server, client := net.Pipe()
	answered := make(chan int, 1)
	go func() {
		n := 0
		for buffer := make([]byte, 512); ; n++ {
			read, err := server.Read(buffer)
			if err == nil {
				_, err = server.Write(buffer[:read])
			}
			if err != nil {
				answered <- n
				return
			}
		}
	}()
	over := time.Now().Add(-time.Second)
	var got tally
	err := got.ask(t.Context(), client, func() ([]byte, time.Time) { return make([]byte, 12), over }, over)
	if err := errors.Join(err, client.Close()); err != nil {
		t.Fatal(err)
	}
	if asked := <-answered; asked != 1 || got.rcodes[dns.RcodeSuccess] != 1 || got.lost != 0 {
		t.Errorf("it asked %d times and counts %v; want one query, answered", asked, got)
	}
}

func TestBuiltinRefusesQuestionsItCannotRead(t *testing.T) {
	for _, tc := range []struct{ name, content string }{
		{"no questions", ""},
		{"a line without a type", "web.example.\n"},
		{"a name that is none", "web..example. A\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "questions")
			if err := os.WriteFile(file, []byte(tc.content), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := readQueries(file); err == nil {
				t.Error("there is no error")
			}
		})
	}
}
