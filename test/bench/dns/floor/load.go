package main

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/miekg/dns"
)

// load prepares every answer from a zone file, which begins with its SOA.
func load(file string) (*floor, error) {
	input, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("reading zone file: %w", err)
	}
	defer input.Close()
	f := &floor{names: map[string]map[uint16]answer{}}
	parser := dns.NewZoneParser(input, "", file)
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		if soa, is := rr.(*dns.SOA); is {
			f.zone, f.soa = soa.Hdr.Name, []dns.RR{soa}
		}
		f.add(rr)
	}
	if err := parser.Err(); err != nil {
		return nil, fmt.Errorf("reading zone file %q: %w", file, err)
	}
	if f.zone == "" {
		return nil, fmt.Errorf("reading zone file %q: %w", file, errors.New("there is no SOA"))
	}
	f.finish()
	return f, nil
}

func (f *floor) add(rr dns.RR) {
	header := rr.Header()
	types := f.node(header.Name)
	a := types[header.Rrtype]
	if len(a.records) > 0 {
		header.Name = a.records[0].Header().Name // one string for all: they compare and compress faster
	}
	a.records = append(a.records, rr)
	types[header.Rrtype] = a
	for rest, end := dns.NextLabel(header.Name, 0); !end && dns.IsSubDomain(f.zone, header.Name[rest:]); {
		f.node(header.Name[rest:]) // what is above a name exists
		var skip int
		skip, end = dns.NextLabel(header.Name[rest:], 0)
		rest += skip
	}
}

func (f *floor) node(name string) map[uint16]answer {
	types, ok := f.names[name]
	if !ok {
		types = map[uint16]answer{}
		f.names[name] = types
	}
	return types
}

// finish adds the addresses of targets to the answers, and leaves no room behind them, so that what is shared between
// messages is never written to.
func (f *floor) finish() {
	for _, types := range f.names {
		for qtype, a := range types {
			a.records = slices.Clip(a.records)
			if qtype == dns.TypeSRV {
				a.additional = slices.Clip(f.targets(a.records))
			}
			types[qtype] = a
		}
	}
}

func (f *floor) targets(records []dns.RR) []dns.RR {
	var additional []dns.RR
	for _, rr := range records {
		if srv, ok := rr.(*dns.SRV); ok {
			additional = append(additional, f.names[srv.Target][dns.TypeA].records...)
		}
	}
	return additional
}
