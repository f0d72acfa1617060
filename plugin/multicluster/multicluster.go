package multicluster

import (
	"context"
	"sync/atomic"

	"github.com/coredns/coredns/plugin"
	"github.com/coredns/coredns/plugin/pkg/fall"
	"github.com/miekg/dns"
)

const pluginName = "multicluster"

// Multicluster answers queries for imported services. It is made by setup, and
// safe for concurrent use once it serves.
type Multicluster struct {
	// Next is the handler for queries outside the zones.
	Next plugin.Handler

	zones   []*zone // the longest first
	fall    fall.F
	current atomic.Pointer[snapshot] // nil: nothing is known yet
	ready   readiness
}

var _ plugin.Handler = (*Multicluster)(nil)

// Name implements plugin.Handler.
func (m *Multicluster) Name() string { return pluginName }

// ServeDNS implements plugin.Handler. It answers from the state published last,
// and refuses to guess while there is none: SERVFAIL for every name in a zone,
// which no resolver takes for an answer.
func (m *Multicluster) ServeDNS(ctx context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
	q, ok := ask(m.zones, r)
	if !ok {
		return plugin.NextOrFailure(pluginName, m.Next, ctx, w, r)
	}
	s := m.current.Load()
	if s == nil {
		countAnswer(q.qtype, resultNotSynced)
		return dns.RcodeServerFailure, nil
	}
	if q.qtype == dns.TypeAXFR || q.qtype == dns.TypeIXFR {
		return dns.RcodeRefused, nil // a transfer that the transfer plugin did not take
	}
	a, v := lookup(s, q)
	if v == nameError && m.fall.Through(r.Question[0].Name) {
		return plugin.NextOrFailure(pluginName, m.Next, ctx, w, r)
	}
	countAnswer(q.qtype, resultOf(s, v))
	var msg *dns.Msg
	switch {
	case v != success:
		msg = newReply(r)
		msg.Ns = s.soas[q.zone.index].all()
		if v == nameError {
			msg.Rcode = dns.RcodeNameError
		}
	case a.set != nil:
		msg = newReply(r)
		fillAnswer(msg, w, r, q, a.set)
	default:
		msg = newAddressReply(r, a.one, q.zone.ttl)
	}
	if err := w.WriteMsg(msg); err != nil {
		return dns.RcodeServerFailure, plugin.Error(pluginName, err)
	}
	return dns.RcodeSuccess, nil
}
