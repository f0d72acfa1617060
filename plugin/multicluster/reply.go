package multicluster

import (
	"net/netip"

	"github.com/coredns/coredns/request"
	"github.com/miekg/dns"
)

// reply is a message and the question in it, in one piece of memory. There is room
// for the OPT record that the server adds to the answer of a query with EDNS.
type reply struct {
	msg      dns.Msg
	question [1]dns.Question
	opt      [1]dns.RR
}

// newReply makes an authoritative answer to r without records. It shares nothing
// with r, so that whoever changes one does not change the other.
func newReply(r *dns.Msg) *dns.Msg {
	return new(reply).begin(r)
}

func (a *reply) begin(r *dns.Msg) *dns.Msg {
	a.question[0] = r.Question[0]
	a.msg.Id = r.Id
	a.msg.Response = true
	a.msg.Authoritative = true
	a.msg.RecursionDesired = r.RecursionDesired
	a.msg.CheckingDisabled = r.CheckingDisabled
	a.msg.Question = a.question[:]
	a.msg.Extra = a.opt[:0]
	return &a.msg
}

// replyA is a reply with one address, still in one piece of memory.
type replyA struct {
	reply
	answer [1]dns.RR
	record dns.A
	octets [4]byte
}

// replyAAAA is to IPv6 what replyA is to IPv4.
type replyAAAA struct {
	reply
	answer [1]dns.RR
	record dns.AAAA
	octets [16]byte
}

// newAddressReply makes an answer to r of one address. Its record is no other
// answer's, and has the name as the query spells it.
func newAddressReply(r *dns.Msg, addr netip.Addr, ttl uint32) *dns.Msg {
	name := r.Question[0].Name
	if addr.Is4() {
		a := &replyA{octets: addr.As4()}
		a.record = dns.A{Hdr: header(name, dns.TypeA, ttl), A: a.octets[:]}
		a.answer[0] = &a.record
		msg := a.begin(r)
		msg.Answer = a.answer[:]
		return msg
	}
	a := &replyAAAA{octets: addr.As16()}
	a.record = dns.AAAA{Hdr: header(name, dns.TypeAAAA, ttl), AAAA: a.octets[:]}
	a.answer[0] = &a.record
	msg := a.begin(r)
	msg.Answer = a.answer[:]
	return msg
}

const (
	headerSize = 12             // octets, RFC 1035 4.1.1
	alwaysFits = dns.MinMsgSize // octets every client takes, RFC 1035 2.3.4
	largest    = dns.MaxMsgSize // octets in a message at most
)

// fillAnswer puts the records of set into msg, and as many of the addresses that
// go with them as the client has room for. Leaving those out is no truncation
// (RFC 2181 9), but the library cannot tell and would set TC.
func fillAnswer(msg *dns.Msg, w dns.ResponseWriter, r *dns.Msg, q question, set *rrset) {
	msg.Answer = set.rotated()
	if set.extra != nil {
		msg.Extra = set.extra.records
	}
	base := headerSize + questionSize(msg.Question[0].Name)
	if size := base + int(set.plain) + set.extraPlain(); size > alwaysFits {
		trim(msg, w, r, set, base)
	}
	if !q.exact {
		msg.Answer = renamed(msg.Answer, msg.Question[0].Name)
	}
}

func questionSize(name string) int { return len(name) + 1 + 4 }

func (s *rrset) extraPlain() int {
	if s.extra == nil {
		return 0
	}
	return int(s.extra.plain)
}

// trim takes out of msg the addresses in Additional for which the client has no
// room, and of a set that no message can hold the records that are too many.
func trim(msg *dns.Msg, w dns.ResponseWriter, r *dns.Msg, set *rrset, base int) {
	state := request.Request{W: w, Req: r}
	room := state.Size()
	if opt := r.IsEdns0(); opt != nil {
		base += dns.Len(opt)
	}
	if base+int(set.packed) > largest {
		msg.Answer = cut(msg.Answer, largest-base)
		msg.Extra = nil
		return
	}
	if base+int(set.plain)+set.extraPlain() <= room || set.extra == nil {
		return
	}
	room -= base + int(set.packed)
	switch {
	case base+int(set.packed) > maxPointer:
		msg.Extra = cutPlain(msg.Extra, room)
	case room < int(set.extra.packed):
		msg.Extra = cut(msg.Extra, room)
	}
}

// maxPointer is the last offset a compressed name can point at (RFC 1035 4.1.4).
const maxPointer = 1<<14 - 1

// cut returns the first records that fit into room with compression.
func cut(records []dns.RR, room int) []dns.RR {
	for i, rr := range records {
		if room -= packedRecord(rr); room < 0 {
			return records[:i:i]
		}
	}
	return records
}

// cutPlain returns the first records that fit into room without compression:
// targets beyond maxPointer cannot be pointed at.
func cutPlain(records []dns.RR, room int) []dns.RR {
	for i := range records {
		if room -= plainSize(records[i : i+1]); room < 0 {
			return records[:i:i]
		}
	}
	return records
}
