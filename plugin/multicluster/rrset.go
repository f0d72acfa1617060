package multicluster

import (
	"math/rand/v2"
	"slices"
	"sync/atomic"

	"github.com/miekg/dns"
)

// rrset is every record of one name and type. The records are shared by all
// answers and never changed. A nil *rrset has none.
type rrset struct {
	// records holds the set twice over when there is more than one record, so
	// that the set rotated by any number is a part of it.
	records []dns.RR
	next    atomic.Uint32 // where the next answer begins
	plain   int32         // octets of the set in a message without compression
	packed  int32         // octets of the set with it
	extra   *additional   // what goes with it into Additional; nil: nothing
}

// additional holds the addresses of the targets of an rrset.
type additional struct {
	records []dns.RR
	plain   int32
	packed  int32
}

// newRRset makes a set of records of one name and type; none at all makes nil.
func newRRset(records []dns.RR) *rrset {
	if len(records) == 0 {
		return nil
	}
	s := &rrset{plain: int32(plainSize(records)), packed: int32(packedSize(records))}
	s.next.Store(rand.Uint32())
	if len(records) == 1 {
		s.records = slices.Clip(records)
	} else {
		s.records = slices.Clip(slices.Concat(records, records))
	}
	return s
}

// fillsMessage reports whether the set alone is more than a message holds.
func (s *rrset) fillsMessage() bool {
	return s != nil && headerSize+int(s.packed) > largest
}

// len returns the number of records.
func (s *rrset) len() int {
	if s == nil {
		return 0
	}
	return (len(s.records) + 1) / 2
}

// all returns the records in their own order.
func (s *rrset) all() []dns.RR {
	n := s.len()
	if n == 0 {
		return nil
	}
	return s.records[:n:n]
}

// rotated returns the records beginning one further than the last time, so that
// an answer that is cut short favours none. The result has no spare capacity:
// appending to it copies it.
func (s *rrset) rotated() []dns.RR {
	n := s.len()
	if n < 2 {
		return s.all()
	}
	i := int(s.next.Add(1) % uint32(n))
	return s.records[i : i+n : i+n]
}

// with returns s with the addresses of its targets.
func (s *rrset) with(records []dns.RR) *rrset {
	if s != nil && len(records) > 0 {
		s.extra = &additional{
			records: records[:len(records):len(records)],
			plain:   int32(plainSize(records)),
			packed:  int32(packedSize(records)),
		}
	}
	return s
}

// rrHeader is the size of a record's type, class, TTL and data length (RFC 1035 3.2.1).
const rrHeader = 10

// pointer is the size of a compressed name (RFC 1035 4.1.4).
const pointer = 2

func plainSize(records []dns.RR) int {
	size := 0
	for _, rr := range records {
		size += len(rr.Header().Name) + 1 + rrHeader + dataSize(rr)
	}
	return size
}

// packedSize counts every owner as a pointer. That holds for an answer, whose
// owner is the question's, and for Additional, whose owners are targets.
func packedSize(records []dns.RR) int {
	size := 0
	for _, rr := range records {
		size += packedRecord(rr)
	}
	return size
}

func packedRecord(rr dns.RR) int { return pointer + rrHeader + dataSize(rr) }

// dataSize returns the octets of a record's data. The target of an SRV record is
// never compressed (RFC 2782).
func dataSize(rr dns.RR) int {
	switch r := rr.(type) {
	case *dns.A:
		return 4
	case *dns.AAAA:
		return 16
	case *dns.SRV:
		return 6 + len(r.Target) + 1
	}
	return dns.Len(rr) - len(rr.Header().Name) - 1 - rrHeader
}
