package multicluster

import (
	"errors"
	"net"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Spec: RFC 1034 4.2.1: the name server of the zone resolves to addresses that answer.
func TestListenAddresses(t *testing.T) {
	machine := func(texts ...string) func() ([]net.Addr, error) {
		return func() ([]net.Addr, error) {
			var all []net.Addr
			for _, text := range texts {
				ip, n, err := net.ParseCIDR(text)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, &net.IPNet{IP: ip, Mask: n.Mask})
			}
			return all, nil
		}
	}
	all := machine("127.0.0.1/8", "::1/128", "fe80::1/64", "10.1.0.5/24", "2001:db8::5/64")
	for _, tc := range []struct {
		name    string
		hosts   []string
		machine func() ([]net.Addr, error)
		want    []string
	}{
		{"no host means every address others can reach", nil, all, []string{"10.1.0.5", "2001:db8::5"}},
		{"an empty host means the same", []string{""}, all, []string{"10.1.0.5", "2001:db8::5"}},
		{"so does the unspecified address", []string{"0.0.0.0"}, all, []string{"10.1.0.5", "2001:db8::5"}},
		{"bound hosts are what there is", []string{"10.1.0.5"}, all, []string{"10.1.0.5"}},
		{"a zone of an address is left out", []string{"2001:db8::5%eth0"}, all, []string{"2001:db8::5"}},
		{"loopback counts when there is nothing else", []string{"127.0.0.1", "::1"}, all, []string{"127.0.0.1", "::1"}},
		{"loopback does not count otherwise", []string{"127.0.0.1", "10.1.0.5"}, all, []string{"10.1.0.5"}},
		{"a machine without a network has its loopback", nil, machine("127.0.0.1/8"), []string{"127.0.0.1"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := listenAddresses(tc.hosts, tc.machine)
			if err != nil {
				t.Fatal(err)
			}
			var texts []string
			for _, a := range got {
				texts = append(texts, netip.Addr.String(a))
			}
			if diff := cmp.Diff(tc.want, texts); diff != "" {
				t.Errorf("addresses (-want +got):\n%s", diff)
			}
		})
	}
	broken := errors.New("no netlink")
	if _, err := listenAddresses(nil, func() ([]net.Addr, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Errorf("got error %v, want %v", err, broken)
	}
}
