package dnsask

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/miekg/dns"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// onePort listens on UDP and TCP at one port, as soon as one is found that is free for both.
func onePort(t *testing.T) (net.PacketConn, net.Listener) {
	t.Helper()
	for {
		packets, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		stream, err := net.Listen("tcp", packets.LocalAddr().String())
		if err == nil {
			return packets, stream
		}
		if closing := packets.Close(); closing != nil || !errors.Is(err, syscall.EADDRINUSE) {
			t.Fatal(err, closing)
		}
	}
}

// serve answers at one port on UDP, truncated, and on TCP, whole.
func serve(t *testing.T) string {
	t.Helper()
	packets, stream := onePort(t)
	answer := func(truncated bool) dns.Handler {
		return dns.HandlerFunc(func(w dns.ResponseWriter, query *dns.Msg) {
			reply := new(dns.Msg).SetReply(query)
			for i := range 3 {
				rr, err := dns.NewRR(fmt.Sprintf("%s 5 IN A 10.0.0.%d", query.Question[0].Name, i+1))
				if err != nil {
					panic(err)
				}
				reply.Answer = append(reply.Answer, rr)
			}
			if reply.Truncated = truncated; truncated {
				reply.Answer = reply.Answer[:1]
			}
			_ = w.WriteMsg(reply) // the asker notices what does not arrive
		})
	}
	for _, server := range []*dns.Server{{PacketConn: packets, Handler: answer(true)}, {Listener: stream, Handler: answer(false)}} {
		started := make(chan struct{})
		server.NotifyStartedFunc = func() { close(started) }
		ended := make(chan error, 1)
		go func() { ended <- server.ActivateAndServe() }()
		<-started
		t.Cleanup(func() {
			if err := errors.Join(server.Shutdown(), <-ended); err != nil {
				t.Error(err)
			}
		})
	}
	return packets.LocalAddr().String()
}

func TestATruncatedAnswerIsAskedForAgainOverAStream(t *testing.T) {
	message, _, err := At(serve(t)).Ask(t.Context(), "web.shop.svc.clusterset.local", dns.TypeA)
	if err != nil {
		t.Fatal(err)
	}
	if len(message.Answer) != 3 || message.Truncated {
		t.Errorf("the answer is not whole:\n%v", message)
	}
}

func TestAServerBehindAStreamIsAskedThere(t *testing.T) {
	address := serve(t)
	server := Server{Name: "pod x", dial: func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", address)
	}}
	message, _, err := server.Ask(t.Context(), "web.shop.svc.clusterset.local.", dns.TypeA)
	if err != nil {
		t.Fatal(err)
	}
	if len(message.Answer) != 3 {
		t.Errorf("the answer is not whole:\n%v", message)
	}
}

func TestAServerThatDoesNotAnswerIsNamed(t *testing.T) {
	// A port that is bound and talks to somebody else refuses us, and is nobody else's meanwhile.
	somebody, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer somebody.Close()
	busy, err := net.Dial("udp", somebody.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	address := busy.LocalAddr().String()
	_, _, err = At(address).Ask(t.Context(), "x", dns.TypeA)
	if err == nil || !strings.Contains(err.Error(), address) {
		t.Errorf("Ask gives the error %v, want one that names %s", err, address)
	}
}

func TestAnAddressWithoutAPortIsPort53(t *testing.T) {
	for given, want := range map[string]string{"10.96.0.10": "10.96.0.10:53", "10.96.0.10:5353": "10.96.0.10:5353", "fd00::10": "[fd00::10]:53"} {
		if got := At(given).Name; got != want {
			t.Errorf("At(%q) is %q, want %q", given, got, want)
		}
	}
}
