package multicluster

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

// A property: the label of an address is a label, and reads back as that address.
func TestAddressLabelsAreLabels(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		size := rapid.SampledFrom([]int{4, 16}).Draw(r, "size")
		a, _ := netip.AddrFromSlice(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 0, 0, 1, 10, 0xff}), size, size).Draw(r, "address"))
		if a.Is4In6() {
			return // no endpoint has one
		}
		label := addressLabel(a)
		if !isLabel(label) || len(label) > maxAddressLabel {
			t.Fatalf("%v has label %q", a, label)
		}
		if back, ok := parseAddressLabel(label, a.Is6()); !ok || back != a {
			t.Fatalf("%q of %v reads back as %v (%v)", label, a, back, ok)
		}
		if back, ok := parseAddressLabel(label, a.Is4()); ok {
			t.Fatalf("%q of %v reads as %v of the other family", label, a, back)
		}
	})
}

// Spec: clause 5 of docs/dns.md, headless services: an endpoint without a host
// name has exactly one name by its address.
func TestOtherSpellingsOfAnAddressAreNoLabels(t *testing.T) {
	for _, tc := range []struct {
		name  string
		label string
	}{
		{"nothing", ""},
		{"a host name", "web-0"},
		{"three numbers", "10-0-1"},
		{"five numbers", "10-0-0-0-1"},
		{"a leading zero", "10-0-0-01"},
		{"a number above 255", "10-0-0-256"},
		{"a number of five digits", "10-0-0-00001"},
		{"an empty number", "10-0--1"},
		{"a hyphen at the end", "10-0-0-1-"},
		{"a plus sign", "10-0-0-+1"},
		{"capitals", "2001-DB8--1"},
		{"a group with a leading zero", "2001-0db8--1"},
		{"a gap that is not the longest", "1--2-0-0-0-3"},
		{"two gaps", "1--2--3"},
		{"no gap where there is one", "2001-db8-0-0-0-0-0-1"},
		{"a gap at the beginning without its zero", "--1"},
		{"a gap at the end without its zero", "2001-db8--"},
		{"seven groups", "1-2-3-4-5-6-7"},
		{"nine groups", "1-2-3-4-5-6-7-8-9"},
		{"eight groups and a gap", "1-2-3-4--5-6-7-8"},
		{"too many groups before a gap", "1-2-3-4-5-6-7-8-9--1"},
		{"an IPv4-mapped address", "0--ffff-102-304"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, ipv6 := range []bool{false, true} {
				if a, ok := parseAddressLabel(tc.label, ipv6); ok {
					t.Errorf("%q reads as %v", tc.label, a)
				}
			}
		})
	}
}

// FuzzAddressLabel reads any label as an address. What reads as one is its label
// and no other, and reading never allocates.
func FuzzAddressLabel(f *testing.F) {
	for _, label := range []string{"10-0-0-1", "2001-db8--0", "0--1", "0--0", "1-2-3-4-5-6-7-8", "web-0", "--", "ffff-1-"} {
		f.Add(label)
	}
	f.Fuzz(func(t *testing.T, label string) {
		for _, ipv6 := range []bool{false, true} {
			if a, ok := parseAddressLabel(label, ipv6); ok && (addressLabel(a) != label || a.Is6() != ipv6 || !isLabel(label)) {
				t.Errorf("%q reads as %v, whose label is %q", label, a, addressLabel(a))
			}
		}
	})
}
