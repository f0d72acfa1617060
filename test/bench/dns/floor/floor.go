package main

import (
	"context"

	"github.com/coredns/coredns/plugin"
	"github.com/coredns/coredns/request"
	"github.com/miekg/dns"
)

// floor answers from maps that never change.
type floor struct {
	next  plugin.Handler
	zone  string
	soa   []dns.RR
	names map[string]map[uint16]answer // a name without records has an empty map
}

// answer is what one question gets.
type answer struct{ records, additional []dns.RR }

var _ plugin.Handler = (*floor)(nil)

// Name implements plugin.Handler.
func (f *floor) Name() string { return "floor" }

// ServeDNS implements plugin.Handler: one lookup, one fresh message.
func (f *floor) ServeDNS(ctx context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
	state := request.Request{W: w, Req: r}
	name := state.Name()
	if !dns.IsSubDomain(f.zone, name) {
		return plugin.NextOrFailure(f.Name(), f.next, ctx, w, r)
	}
	m := new(dns.Msg)
	m.SetReply(r)
	m.Authoritative = true
	types, exists := f.names[name]
	a, found := types[state.QType()]
	m.Answer, m.Extra = a.records, a.additional
	if !found {
		m.Ns = f.soa
	}
	if !exists {
		m.Rcode = dns.RcodeNameError
	}
	return dns.RcodeSuccess, w.WriteMsg(m)
}
