package explain

import (
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Answer is what one DNS server said.
type Answer struct {
	// Server is the server for people, such as "10.96.0.10" or "pod kube-system/coredns-abc"; Name is what it was asked.
	Server, Name string
	// Rcode is NOERROR, NXDOMAIN and so on; "" where nothing was said, for which Err has the reason.
	Rcode string
	// Records are the answers of the type that was asked for, as [Expect] spells them, sorted.
	Records []string
	// TTL is the least of the records', in seconds.
	TTL uint32
	// Serial is the zone's in the SOA of a negative answer, 0 without.
	Serial uint32
	// Took is how long the answer took.
	Took time.Duration
	// Err says in words why there is no answer.
	Err string
}

// Read returns what a message says, as the answer of a server.
func Read(server string, message *dns.Msg, took time.Duration) Answer {
	a := Answer{Server: server, Rcode: dns.RcodeToString[message.Rcode], Took: took}
	if len(message.Question) == 1 {
		a.Name = strings.ToLower(message.Question[0].Name)
	}
	for i, rr := range message.Answer {
		if len(message.Question) == 1 && rr.Header().Rrtype != message.Question[0].Qtype {
			continue
		}
		if ttl := rr.Header().Ttl; i == 0 || ttl < a.TTL {
			a.TTL = ttl
		}
		a.Records = append(a.Records, recordText(rr))
	}
	for _, rr := range message.Ns {
		if soa, ok := rr.(*dns.SOA); ok {
			a.Serial = soa.Serial
		}
	}
	slices.Sort(a.Records)
	a.Records = slices.Compact(a.Records)
	return a
}

// recordText is what of a record decides: addresses, the port and target of SRV, texts. Weights do not.
func recordText(rr dns.RR) string {
	switch rr := rr.(type) {
	case *dns.A:
		return rr.A.String()
	case *dns.AAAA:
		return rr.AAAA.String()
	case *dns.SRV:
		return srvText(rr.Port, strings.ToLower(rr.Target))
	}
	return strings.TrimSpace(strings.TrimPrefix(rr.String(), rr.Header().String()))
}

// Said is an answer in a few words.
func (a Answer) Said() string {
	switch {
	case a.Rcode == "":
		return "no answer"
	case a.Rcode == "NOERROR" && len(a.Records) == 0:
		return "NODATA"
	case a.Rcode == "NOERROR":
		return few(a.Records)
	}
	return a.Rcode
}

// positive says whether records were answered.
func (a Answer) positive() bool { return a.Rcode == "NOERROR" && len(a.Records) > 0 }

// same says whether two answers give the same.
func (a Answer) same(b Answer) bool { return a.Rcode == b.Rcode && slices.Equal(a.Records, b.Records) }

// part says whether a gives some of what b gives, and nothing else.
func (a Answer) part(b Answer) bool {
	return a.positive() && b.positive() && len(a.Records) < len(b.Records) &&
		!slices.ContainsFunc(a.Records, func(r string) bool { return !slices.Contains(b.Records, r) })
}

// Agrees says whether an answer gives what another asks for, or a part of it.
func (a Answer) Agrees(b Answer) bool { return a.same(b) || a.part(b) }
