package main

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"

	"github.com/multicluster-dns/multicluster-dns/test/bench/dns/internal/dataset"
)

// asker asks one server over UDP, one question at a time.
type asker struct{ conn *dns.Conn }

// ednsSize is the octets that every question allows its answer: those of dnsperf.
const ednsSize = 4096

func (b *bench) asker(ctx context.Context, s *server) (*asker, error) {
	conn, err := b.cluster.DialContext(ctx, "udp", s.at.String())
	if err != nil {
		return nil, err
	}
	return &asker{conn: &dns.Conn{Conn: conn, UDPSize: ednsSize}}, nil
}

func (a *asker) close() { _ = a.conn.Close() } // nothing is lost with it

// ask returns the reply, or an error when there is none in time: nobody listens, for one.
func (a *asker) ask(q dataset.Question, patience time.Duration) (*dns.Msg, error) {
	m := new(dns.Msg).SetQuestion(q.Name, q.Type).SetEdns0(ednsSize, false)
	if err := a.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, fmt.Errorf("asking %q: %w", q, err)
	}
	if err := a.conn.WriteMsg(m); err != nil {
		return nil, fmt.Errorf("asking %q: %w", q, err)
	}
	for {
		reply, err := a.conn.ReadMsg()
		if err != nil {
			return nil, fmt.Errorf("asking %q: %w", q, err)
		}
		if reply.Id == m.Id { // another one is late
			return reply, nil
		}
	}
}

// verdict is what an answer is to one who knows better.
type verdict int

const (
	silent verdict = iota // no answer, SERVFAIL or REFUSED: the client tries again or elsewhere
	wrong                 // something that the client believes
	right
)

// judge compares an answer with the addresses that are right. A nil reply is silence.
func judge(reply *dns.Msg, want []netip.Addr) verdict {
	switch {
	case reply == nil, reply.Rcode == dns.RcodeServerFailure, reply.Rcode == dns.RcodeRefused:
		return silent
	case slices.Equal(sorted(addresses(reply)), sorted(want)):
		return right
	default:
		return wrong
	}
}

// addresses are those of the A records of an answer.
func addresses(reply *dns.Msg) []netip.Addr {
	var all []netip.Addr
	for _, rr := range reply.Answer {
		if a, ok := rr.(*dns.A); ok {
			if address, ok := netip.AddrFromSlice(a.A.To4()); ok {
				all = append(all, address)
			}
		}
	}
	return all
}

func sorted(all []netip.Addr) []netip.Addr {
	all = slices.Clone(all)
	slices.SortFunc(all, netip.Addr.Compare)
	return all
}
