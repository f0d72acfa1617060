package multicluster

import (
	"errors"
	"strings"
	"testing"

	"github.com/coredns/coredns/plugin/transfer"
	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
	"golang.org/x/tools/txtar"
)

// Spec: RFC 5936 2.2: a transfer has every record that queries give, each once.
// checkZone compares the two; this shows one zone in full.
func TestTransferOfAZone(t *testing.T) {
	m := newTestHandler(t, "multicluster clusterset.local")
	publish(t, m, readTestdata(t, "bystander.yaml"))
	want := `clusterset.local. 5 IN SOA ns.dns.clusterset.local. hostmaster.clusterset.local. 1 7200 1800 86400 5
clusterset.local. 5 IN NS ns.dns.clusterset.local.
ns.dns.clusterset.local. 5 IN A 192.0.2.53
ns.dns.clusterset.local. 5 IN AAAA 2001:db8::53
dns-version.clusterset.local. 28800 IN TXT "1.0.0"
bystander.test.svc.clusterset.local. 5 IN A 10.0.0.1
bystander.test.svc.clusterset.local. 5 IN SRV 0 100 80 b.ca.bystander.test.svc.clusterset.local.
_http._tcp.bystander.test.svc.clusterset.local. 5 IN SRV 0 100 80 b.ca.bystander.test.svc.clusterset.local.
b.ca.bystander.test.svc.clusterset.local. 5 IN A 10.0.0.1`
	var lines []string
	for line := range strings.Lines(want) {
		lines = append(lines, recordText(t, line))
	}
	if diff := cmp.Diff(sorted(lines), zoneOf(t, m)); diff != "" {
		t.Errorf("zone (-want +got):\n%s", diff)
	}
}

// Spec: RFC 5936 2.2 for every state that the cases of the specification describe.
func TestTransferEqualsTheAnswers(t *testing.T) {
	for _, name := range []string{"03_clustersetip", "04_headless", "04_headless_endpoints_in_detail", "05_host_labels", "07_srv", "09_hostile_objects"} {
		t.Run(name, func(t *testing.T) {
			archive := txtar.Parse(readTestdata(t, name+".txtar"))
			m := newTestHandler(t, "multicluster clusterset.local")
			for _, f := range archive.Files {
				if f.Name == "objects.yaml" {
					publish(t, m, f.Data)
				}
			}
			checkZone(t, m)
		})
	}
}

// Spec: RFC 1995 4 and RFC 1982: who has the serial gets the SOA alone, who is
// behind gets the zone.
func TestTransferBySerial(t *testing.T) {
	m := newTestHandler(t, "multicluster clusterset.local 10.in-addr.arpa")
	publish(t, m, readTestdata(t, "bystander.yaml"))
	serial := m.current.Load().serial
	for _, tc := range []struct {
		name   string
		zone   string
		serial uint32
		want   int
	}{
		{"AXFR has the zone between two SOA records", "clusterset.local.", 0, 10},
		{"the same serial has nothing to fetch", "clusterset.local.", serial, 1},
		{"a later serial has nothing to fetch", "clusterset.local.", serial + 1, 1},
		{"an earlier serial fetches the zone", "clusterset.local.", serial - 1, 10},
		{"a serial from the other side of the circle is earlier", "clusterset.local.", serial + 1<<31 + 1, 10},
		{"a reverse zone has its apex", "10.in-addr.arpa.", 0, 5},
	} {
		t.Run(tc.name, func(t *testing.T) {
			records, err := m.Transfer(tc.zone, tc.serial)
			if err != nil {
				t.Fatal(err)
			}
			var all []dns.RR
			for batch := range records {
				all = append(all, batch...)
			}
			if len(all) != tc.want {
				t.Errorf("got %d records, want %d: %v", len(all), tc.want, all)
			}
		})
	}
}

func TestTransferOfWhatIsNotThere(t *testing.T) {
	m := newTestHandler(t, "multicluster clusterset.local")
	if _, err := m.Transfer("example.org.", 0); !errors.Is(err, transfer.ErrNotAuthoritative) {
		t.Errorf("got error %v for another zone", err)
	}
	if _, err := m.Transfer("clusterset.local.", 0); !errors.Is(err, errNotSynced) {
		t.Errorf("got error %v before the first sync", err)
	}
}
