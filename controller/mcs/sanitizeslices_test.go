package mcs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	discoveryv1 "k8s.io/api/discovery/v1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

func TestSanitizeAddresses(t *testing.T) {
	const clause = "EndpointSlice API, addresses: what Kubernetes validates, and every address of the host itself"
	tests := []struct {
		name     string
		spec     string
		family   discoveryv1.AddressType
		bad      string
		want     string // space separated
		rejected string
	}{
		{"an IPv4 address", clause, discoveryv1.AddressTypeIPv4, "10.0.0.1", "10.0.0.1", ""},
		{"an IPv6 address", clause, discoveryv1.AddressTypeIPv6, "2001:db8::1", "2001:db8::1", ""},
		{"an IPv6 address of a private network", clause, discoveryv1.AddressTypeIPv6, "fd00::1", "fd00::1", ""},
		{"several addresses", clause, discoveryv1.AddressTypeIPv4, "10.0.0.2 10.0.0.1", "10.0.0.2 10.0.0.1", ""},
		{"a long form is shortened", "RFC 5952 section 4", discoveryv1.AddressTypeIPv6, "2001:DB8:0:0::0001", "2001:db8::1", ""},
		{"one address twice", clause, discoveryv1.AddressTypeIPv6, "2001:db8::1 2001:DB8::1 2001:db8::1", "2001:db8::1", "duplicate 2"},
		{"a name", clause, discoveryv1.AddressTypeIPv4, "web.example.org", "", "address 1"},
		{"nothing", clause, discoveryv1.AddressTypeIPv4, "", "", "endpoint 1"},
		{"the None of headless services", clause, discoveryv1.AddressTypeIPv4, "None", "", "address 1"},
		{"leading zeros, which some read as octal", clause, discoveryv1.AddressTypeIPv4, "010.0.0.1", "", "address 1"},
		{"a prefix", clause, discoveryv1.AddressTypeIPv4, "10.0.0.0/24", "", "address 1"},
		{"an address with a port", clause, discoveryv1.AddressTypeIPv4, "10.0.0.1:80", "", "address 1"},
		{"IPv6 among IPv4", clause, discoveryv1.AddressTypeIPv4, "10.0.0.1 2001:db8::1", "10.0.0.1", "address 1"},
		{"IPv4 among IPv6", clause, discoveryv1.AddressTypeIPv6, "10.0.0.1 2001:db8::1", "2001:db8::1", "address 1"},
		{"IPv4 in the form of IPv6", clause, discoveryv1.AddressTypeIPv6, "::ffff:10.0.0.1", "", "address 1"},
		{"IPv4 in the form of IPv6 among IPv4", clause, discoveryv1.AddressTypeIPv4, "::ffff:10.0.0.1", "", "address 1"},
		{"loopback", clause, discoveryv1.AddressTypeIPv4, "127.0.0.1", "", "address 1"},
		{"loopback's other addresses", clause, discoveryv1.AddressTypeIPv4, "127.9.9.9", "", "address 1"},
		{"loopback of IPv6", clause, discoveryv1.AddressTypeIPv6, "::1", "", "address 1"},
		{"link-local, where clouds keep credentials", clause, discoveryv1.AddressTypeIPv4, "169.254.169.254", "", "address 1"},
		{"link-local of IPv6", clause, discoveryv1.AddressTypeIPv6, "fe80::1", "", "address 1"},
		{"link-local of IPv6 with an interface", clause, discoveryv1.AddressTypeIPv6, "fe80::1%eth0", "", "address 1"},
		{"a global address with an interface", clause, discoveryv1.AddressTypeIPv6, "2001:db8::1%eth0", "", "address 1"},
		{"multicast", clause, discoveryv1.AddressTypeIPv4, "224.0.0.1", "", "address 1"},
		{"multicast of IPv6", clause, discoveryv1.AddressTypeIPv6, "ff02::1", "", "address 1"},
		{"unspecified", clause, discoveryv1.AddressTypeIPv4, "0.0.0.0", "", "address 1"},
		{"unspecified of IPv6", clause, discoveryv1.AddressTypeIPv6, "::", "", "address 1"},
		{"broadcast", clause, discoveryv1.AddressTypeIPv4, "255.255.255.255", "", "address 1"},
		{"the good ones among many bad", clause, discoveryv1.AddressTypeIPv4, "x 10.0.0.1 127.0.0.1 10.0.0.2", "10.0.0.1 10.0.0.2", "address 2"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			requireSpec(t, tc.spec)
			s := mcs.Slice{Name: "web-1", AddressType: tc.family, Endpoints: []mcs.Endpoint{{Addresses: strings.Fields(tc.bad)}}}
			got, rejected, err := mcs.Sanitize(exported("a", 1, withSlices(s)))
			if err != nil {
				t.Fatal(err)
			}
			var addresses []string
			for _, e := range got.Slices[0].Endpoints {
				addresses = append(addresses, e.Addresses...)
			}
			if diff := cmp.Diff(tc.want, strings.Join(addresses, " ")); diff != "" {
				t.Errorf("addresses (-want +got):\n%s", diff)
			}
			if reasons := reasonsOf(rejected); reasons != tc.rejected {
				t.Errorf("rejected %q, want %q: %v", reasons, tc.rejected, rejected)
			}
		})
	}
}

func TestARejectedAddressSaysWhy(t *testing.T) {
	const clause = "local: who reads the log need not guess"
	tests := []struct{ name, spec, address, want string }{
		{"text", clause, "None", `address "None" in slice "web-1" is not an IP address`},
		{"an interface", clause, "fe80::1%eth0", `address "fe80::1%eth0" in slice "web-1" is bound to an interface`},
		{"mapped", clause, "::ffff:10.0.0.1", `address "::ffff:10.0.0.1" in slice "web-1" is an IPv4 address in IPv6 form`},
		{"another family", clause, "2001:db8::1", `address "2001:db8::1" in slice "web-1" is of another family than the slice`},
		{"unspecified", clause, "0.0.0.0", `address "0.0.0.0" in slice "web-1" is unspecified`},
		{"loopback", clause, "127.0.0.1", `address "127.0.0.1" in slice "web-1" is a loopback address`},
		{"link-local", clause, "169.254.169.254", `address "169.254.169.254" in slice "web-1" is a link-local address`},
		{"multicast", clause, "224.0.0.1", `address "224.0.0.1" in slice "web-1" is a multicast address`},
		{"broadcast", clause, "255.255.255.255", `address "255.255.255.255" in slice "web-1" is a broadcast address`},
		{
			"text without end", clause, strings.Repeat("9", 5000),
			`address "` + strings.Repeat("9", 256) + `..." in slice "web-1" is not an IP address`,
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			requireSpec(t, tc.spec)
			_, rejected, err := mcs.Sanitize(exported("a", 1, withSlices(slice("web-1", tc.address))))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]mcs.Rejection{{Reason: mcs.RejectedAddress, Detail: tc.want}}, rejected); diff != "" {
				t.Errorf("rejected (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSanitizeSlices(t *testing.T) {
	of := func(kind discoveryv1.AddressType, name, address string) mcs.Slice {
		s := slice(name, address)
		s.AddressType = kind
		return s
	}
	endpoint := func(edit func(*mcs.Endpoint)) mcs.Slice {
		s := slice("web-1", "10.0.0.1")
		edit(&s.Endpoints[0])
		return s
	}
	tests := []struct {
		name     string
		spec     string
		bad      []mcs.Slice
		want     []mcs.Slice
		rejected string
	}{
		{
			"slices are sorted by name", "local: their order means nothing",
			[]mcs.Slice{slice("web-2", "10.0.0.2"), slice("web-1", "10.0.0.1")},
			[]mcs.Slice{slice("web-1", "10.0.0.1"), slice("web-2", "10.0.0.2")}, "",
		},
		{
			"a slice of names does not cross", "EndpointSlice API, addressType FQDN",
			[]mcs.Slice{of(discoveryv1.AddressTypeFQDN, "web-0", "web.example.org"), slice("web-1", "10.0.0.1")},
			[]mcs.Slice{slice("web-1", "10.0.0.1")}, "slice 1",
		},
		{
			"a slice without a type", "EndpointSlice API, addressType",
			[]mcs.Slice{of("", "web-0", "10.0.0.1")}, nil, "slice 1",
		},
		{
			"a slice whose name is none", "EndpointSlice API, metadata.name",
			[]mcs.Slice{slice("", "10.0.0.1"), slice("Web", "10.0.0.1"), slice(strings.Repeat("w", 254), "10.0.0.1")}, nil, "slice 3",
		},
		{
			"two slices of one name", "EndpointSlice API, metadata.name",
			[]mcs.Slice{slice("web-1", "10.0.0.1"), slice("web-1", "10.0.0.2")}, []mcs.Slice{slice("web-1", "10.0.0.1")}, "duplicate 1",
		},
		{
			"a slice without endpoints stays", "local: an export does not depend on its endpoints",
			[]mcs.Slice{{Name: "web-1", AddressType: discoveryv1.AddressTypeIPv4}},
			[]mcs.Slice{{Name: "web-1", AddressType: discoveryv1.AddressTypeIPv4}}, "",
		},
		{
			"a slice that loses all its endpoints stays", "local: a bad address never costs a slice",
			[]mcs.Slice{slice("web-1", "127.0.0.1")},
			[]mcs.Slice{{Name: "web-1", AddressType: discoveryv1.AddressTypeIPv4}}, "address 1",
		},
		{
			"a hostname that is no label goes, its endpoint stays", "EndpointSlice API, hostname",
			[]mcs.Slice{endpoint(func(e *mcs.Endpoint) { e.Hostname = "Web_0" })}, []mcs.Slice{slice("web-1", "10.0.0.1")}, "hostname 1",
		},
		{
			"a hostname too long goes, its endpoint stays", "EndpointSlice API, hostname",
			[]mcs.Slice{endpoint(func(e *mcs.Endpoint) { e.Hostname = strings.Repeat("w", 64) })},
			[]mcs.Slice{slice("web-1", "10.0.0.1")}, "hostname 1",
		},
		{
			"a zone that cannot be hinted at goes, its endpoint stays", "EndpointSlice API, zone",
			[]mcs.Slice{endpoint(func(e *mcs.Endpoint) { e.Zone = "zone one" })}, []mcs.Slice{slice("web-1", "10.0.0.1")}, "zone 1",
		},
		{
			"all that may cross crosses", "EndpointSlice API, endpoints",
			[]mcs.Slice{endpoint(func(e *mcs.Endpoint) {
				e.Hostname, e.Zone, e.Ready, e.Serving, e.Terminating = "web-0", "Zone_1", nil, new(true), new(true)
			})},
			[]mcs.Slice{endpoint(func(e *mcs.Endpoint) {
				e.Hostname, e.Zone, e.Ready, e.Serving, e.Terminating = "web-0", "Zone_1", nil, new(true), new(true)
			})}, "",
		},
		{
			"the same address in two slices stays in both", "local: a move between slices shows an endpoint twice",
			[]mcs.Slice{slice("web-1", "10.0.0.1"), slice("web-2", "10.0.0.1")},
			[]mcs.Slice{slice("web-1", "10.0.0.1"), slice("web-2", "10.0.0.1")}, "",
		},
		{
			"ports that are none are left out", "EndpointSlice API, ports",
			[]mcs.Slice{slice("web-1", "10.0.0.1", "http 8080/", "HTTP 81/TCP", "x 0/TCP", "y 80/QUIC", "http 82/TCP", "z 83/TCP a/b/c")},
			[]mcs.Slice{slice("web-1", "10.0.0.1", "http 8080/TCP", "z 83/TCP")}, "duplicate 1, port 4",
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			requireSpec(t, tc.spec)
			got, rejected, err := mcs.Sanitize(exported("a", 1, withSlices(tc.bad...)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got.Slices); diff != "" {
				t.Errorf("slices (-want +got):\n%s", diff)
			}
			if reasons := reasonsOf(rejected); reasons != tc.rejected {
				t.Errorf("rejected %q, want %q: %v", reasons, tc.rejected, rejected)
			}
		})
	}
}

func TestSanitizeKeepsAPortWithoutANumber(t *testing.T) {
	// EndpointSlice API, "ports.port": unset is for the consumer to interpret.
	s := slice("web-1", "10.0.0.1")
	s.Ports = []mcs.SlicePort{{Name: "http", Protocol: "TCP"}}
	got, rejected, err := mcs.Sanitize(exported("a", 1, withSlices(s)))
	if err != nil || len(rejected) > 0 {
		t.Fatalf("rejected %v, error %v", rejected, err)
	}
	if diff := cmp.Diff([]mcs.Slice{s}, got.Slices); diff != "" {
		t.Errorf("slices (-want +got):\n%s", diff)
	}
}

func TestSanitizeBoundsSlices(t *testing.T) {
	// EndpointSlice API, "endpoints" and "addresses", and a bound of our own: what is beyond is counted once, and the rest crosses.
	full := mcs.Slice{Name: "web-0000", AddressType: discoveryv1.AddressTypeIPv4}
	for i := range mcs.MaxEndpoints + 5 {
		full.Endpoints = append(full.Endpoints, mcs.Endpoint{Addresses: []string{fmt.Sprintf("10.0.%d.%d", i/250, i%250+1)}})
	}
	for i := range mcs.MaxAddresses + 6 {
		full.Endpoints[0].Addresses = append(full.Endpoints[0].Addresses, fmt.Sprintf("10.1.0.%d", i+1))
	}
	list := []mcs.Slice{full}
	for i := range mcs.MaxSlices {
		list = append(list, mcs.Slice{Name: fmt.Sprintf("web-%04d", i+1), AddressType: discoveryv1.AddressTypeIPv4})
	}
	got, rejected, err := mcs.Sanitize(exported("a", 1, withSlices(list...)))
	if err != nil {
		t.Fatal(err)
	}
	want := []mcs.Rejection{
		{Reason: mcs.RejectedTooMany, Detail: "slices: 1 are beyond 1000"},
		{Reason: mcs.RejectedTooMany, Detail: "endpoints of a slice: 5 are beyond 1000"},
		{Reason: mcs.RejectedTooMany, Detail: "addresses of an endpoint: 7 are beyond 100"},
	}
	if diff := cmp.Diff(want, rejected); diff != "" {
		t.Errorf("rejected (-want +got):\n%s", diff)
	}
	if n, e, a := len(got.Slices), len(got.Slices[0].Endpoints), len(got.Slices[0].Endpoints[0].Addresses); n != mcs.MaxSlices ||
		e != mcs.MaxEndpoints || a != mcs.MaxAddresses {
		t.Errorf("%d slices, %d endpoints, %d addresses", n, e, a)
	}
}

func TestSanitizeChangesNoArgument(t *testing.T) {
	build := func() mcs.Export {
		return exported("a", 1, withPorts("80/", "http 80/", "x 81/"), withLabels("x=1", mcs.Domain+"/y=2"), withSlices(
			slice("b", "2001:DB8::1", "http 80/"), slice("a", "127.0.0.1"),
		), func(e *mcs.Export) { e.Slices[0].AddressType = discoveryv1.AddressTypeIPv6 })
	}
	e := build()
	if _, rejected, err := mcs.Sanitize(e); err != nil || len(rejected) == 0 {
		t.Fatalf("rejected %v, error %v: the case has nothing to change", rejected, err)
	}
	if diff := cmp.Diff(build(), e); diff != "" {
		t.Errorf("argument (-want +got):\n%s", diff)
	}
}

func TestRejectionReasonsAreMetricLabels(t *testing.T) {
	// Dashboards and alerts name these.
	want := []string{
		"address", "endpoint", "hostname", "zone", "slice", "port", "property", "label", "duplicate", "too_many", "export",
	}
	got := []string{
		mcs.RejectedAddress, mcs.RejectedEndpoint, mcs.RejectedHostname, mcs.RejectedZone, mcs.RejectedSlice, mcs.RejectedPort,
		mcs.RejectedProperty, mcs.RejectedLabel, mcs.RejectedDuplicate, mcs.RejectedTooMany, mcs.RejectedExport,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
}
