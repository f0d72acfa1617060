package mcs_test

import (
	"fmt"
	"testing"

	discoveryv1 "k8s.io/api/discovery/v1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// forty is a service that forty clusters export alike, each with ten slices of a hundred endpoints, but for the last, which
// disagrees on a port.
func forty() []mcs.Export {
	var exports []mcs.Export
	for c := range 40 {
		e := exported(fmt.Sprintf("cluster-%02d", c), c, withPorts("http 80/TCP", "https 443/TCP", "admin 9090/TCP"), withLabels("team=shop"))
		for s := range 10 {
			in := mcs.Slice{
				Name: fmt.Sprintf("web-%02d", s), AddressType: discoveryv1.AddressTypeIPv4,
				Ports: slicePorts("http 8080/TCP", "https 8443/TCP", "admin 9090/TCP"),
			}
			for n := range 100 {
				in.Endpoints = append(in.Endpoints, mcs.Endpoint{Addresses: []string{fmt.Sprintf("10.%d.%d.%d", c, s, n+1)}, Ready: new(true), Zone: "z1"})
			}
			e.Slices = append(e.Slices, in)
		}
		exports = append(exports, e)
	}
	exports[39].Ports = ports("http 80/TCP", "https 443/TCP", "admin 9091/TCP")
	return exports
}

// BenchmarkMerge merges a service of 40,000 endpoints: one such merge follows each change of one of its slices.
func BenchmarkMerge(b *testing.B) {
	exports := forty()
	b.ReportAllocs()
	for b.Loop() {
		if imp := mcs.Merge(exports); len(imp.Slices) != 400 {
			b.Fatalf("%d slices", len(imp.Slices))
		}
	}
}

// BenchmarkSanitize judges the thousand endpoints of one cluster.
func BenchmarkSanitize(b *testing.B) {
	e := forty()[0]
	b.ReportAllocs()
	for b.Loop() {
		if _, rejected, err := mcs.Sanitize(e); err != nil || len(rejected) > 0 {
			b.Fatalf("rejected %v, error %v", rejected, err)
		}
	}
}
