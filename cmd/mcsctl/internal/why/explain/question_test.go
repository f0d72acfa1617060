package explain

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAsk(t *testing.T) {
	for _, tc := range []struct {
		name, spec  string
		typed, want string
		zones       []string
		form        Form
		parts       []string // namespace, service, before
	}{
		{name: "a service", spec: "2.3.1", typed: "checkout.shop.svc.clusterset.local", form: OfService, parts: []string{"shop", "checkout", ""}},
		{name: "case does not matter", spec: "RFC 4343", typed: "CheckOut.Shop.svc.ClusterSet.local.", form: OfService, parts: []string{"shop", "checkout", ""}},
		{name: "a port", spec: "2.3.2", typed: "_http._tcp.checkout.shop.svc.clusterset.local", form: OfPort, parts: []string{"shop", "checkout", "_http._tcp"}},
		{name: "a host of a cluster whose id has two labels", spec: "2.4.2", typed: "pg-0.eu.west1.pg.data.svc.clusterset.local", form: Below, parts: []string{"data", "pg", "pg-0.eu.west1"}},
		{name: "a cluster", spec: "2.3.4", typed: "east.checkout.shop.svc.clusterset.local", form: Below, parts: []string{"shop", "checkout", "east"}},
		{name: "the apex", spec: "2.2", typed: "clusterset.local", form: Fixed, parts: []string{"", "", ""}},
		{name: "a namespace", spec: "RFC 8020", typed: "shop.svc.clusterset.local", form: Fixed, parts: []string{"shop", "", ""}},
		{name: "a name without svc", spec: "2.3.1", typed: "checkout.shop.clusterset.local", form: Astray, parts: []string{"", "", ""}},
		{name: "a name of one cluster", spec: "local: the usual mistake", typed: "checkout.shop.svc.cluster.local", form: Foreign, parts: []string{"", "", ""}},
		{name: "a short name", spec: "local: it needs a search list", typed: "checkout.shop", form: Short, parts: []string{"shop", "checkout", ""}},
		{name: "a short name with its last dot is whole", spec: "RFC 1034 3.1", typed: "checkout.shop.", form: Foreign, parts: []string{"", "", ""}},
		{name: "another zone of the Corefile", spec: "local: zones are the Corefile's", typed: "checkout.shop.svc.mcs.example.", zones: []string{"clusterset.local.", "mcs.example."}, form: OfService, parts: []string{"shop", "checkout", ""}},
		{name: "a zone that only ends like ours", spec: "RFC 1034 3.1", typed: "checkout.shop.svc.notclusterset.local", form: Foreign, parts: []string{"", "", ""}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			q, err := Ask(tc.typed, "A", tc.zones...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.parts, []string{q.Namespace, q.Service, q.Before}); q.Form != tc.form || diff != "" {
				t.Errorf("form %q, want %q; namespace, service, before (-want +got):\n%s", q.Form, tc.form, diff)
			}
		})
	}
}

func TestWhatIsNoQuestionIsRefused(t *testing.T) {
	for _, tc := range []struct{ name, asked, qtype string }{
		{"no name", "", "A"},
		{"a URL", "http://checkout.shop.svc.clusterset.local/", "A"},
		{"a name with a port", "checkout.shop.svc.clusterset.local:80", "A"},
		{"a name with an empty label", "checkout..svc.clusterset.local", "A"},
		{"a type that there is not", "checkout.shop.svc.clusterset.local", "AA"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if q, err := Ask(tc.asked, tc.qtype); err == nil {
				t.Errorf("Ask gives %+v, want an error", q)
			}
		})
	}
}

func FuzzAsk(f *testing.F) {
	for _, seed := range []string{"checkout.shop.svc.clusterset.local", "_a._b.c.d.svc.clusterset.local.", "svc.clusterset.local", `a\.b.svc`, "."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		q, err := Ask(name, "A")
		if err != nil {
			return
		}
		if again, err := Ask(q.Name, "A"); err != nil || again.Name != q.Name {
			t.Errorf("%q reads as %q, and that as %q, %v", name, q.Name, again.Name, err)
		}
		if q.named() && (q.Service == "" || q.Namespace == "" || q.Zone == "") {
			t.Errorf("%q is the name of a service and lacks a part: %+v", name, q)
		}
	})
}
