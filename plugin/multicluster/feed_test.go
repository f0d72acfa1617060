package multicluster

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
	discoveryv1 "k8s.io/api/discovery/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// step is one event and what a name answers after it.
type step struct {
	name   string
	do     func(f *feed)
	want   string // the addresses of web.test, or the verdict
	silent bool   // no answer changes, so the serial stays
}

// Spec: local: an answer follows the last event, and the SOA serial rises with
// every visible change, so that a secondary notices.
func TestEventsShowInAnswersAndSerial(t *testing.T) {
	imp := func(change func(*mcsv1beta1.ServiceImport)) any {
		o := headlessImport("test", "web")
		change(o)
		return o
	}
	eps := func(change func(*discoveryv1.EndpointSlice)) any {
		o := endpointSlice("test", "web", 1, 2)
		change(o)
		return o
	}
	same := func(*discoveryv1.EndpointSlice) {}
	clusterSetIP := func(ips ...string) func(*mcsv1beta1.ServiceImport) {
		return func(o *mcsv1beta1.ServiceImport) { o.Spec.Type, o.Spec.IPs = mcsv1beta1.ClusterSetIP, ips }
	}
	m := newTestHandler(t, "multicluster clusterset.local")
	f := publish(t, m, nil)
	imports, slices := f.importStore(""), f.sliceStore("")
	imports.told, slices.told = true, true // by publish
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	serial := m.current.Load().serial
	for _, s := range []step{
		{"a slice without an import shows nothing", func(*feed) { must(slices.Add(eps(same))) }, "NXDOMAIN", true},
		{"the import makes it a service", func(*feed) { must(imports.Add(imp(func(*mcsv1beta1.ServiceImport) {}))) }, "10.1.0.0 10.1.0.1", false},
		{"the same slice again changes nothing", func(*feed) { must(slices.Update(eps(same))) }, "10.1.0.0 10.1.0.1", true},
		{"an annotation changes nothing", func(*feed) {
			must(slices.Update(eps(func(o *discoveryv1.EndpointSlice) { o.Annotations = map[string]string{"a": "b"} })))
		}, "10.1.0.0 10.1.0.1", true},
		{"an endpoint that is not ready goes", func(*feed) {
			must(slices.Update(eps(func(o *discoveryv1.EndpointSlice) { o.Endpoints[0].Conditions.Ready = new(bool) })))
		}, "10.1.0.1", false},
		{"a slice that moves to another service goes", func(*feed) {
			must(slices.Update(eps(func(o *discoveryv1.EndpointSlice) { o.Labels[mcsv1beta1.LabelServiceName] = "other" })))
		}, "NXDOMAIN", false},
		{"and comes back with its label", func(*feed) { must(slices.Update(eps(same))) }, "10.1.0.0 10.1.0.1", false},
		{"a slice that loses its cluster goes", func(*feed) {
			must(slices.Update(eps(func(o *discoveryv1.EndpointSlice) { delete(o.Labels, mcsv1beta1.LabelSourceCluster) })))
		}, "NXDOMAIN", false},
		{"a second slice is enough", func(*feed) {
			must(slices.Add(eps(func(o *discoveryv1.EndpointSlice) { o.Name, o.Endpoints = "second", o.Endpoints[:1] })))
		}, "10.1.0.0", false},
		{"a change of type shows the address", func(*feed) { must(imports.Update(imp(clusterSetIP("10.96.0.1")))) }, "10.96.0.1", false},
		{"endpoints behind an address are not seen", func(*feed) { must(slices.Update(eps(same))) }, "10.96.0.1", true},
		{"another address is", func(*feed) { must(imports.Update(imp(clusterSetIP("10.96.0.2")))) }, "10.96.0.2", false},
		{"without an address there is no data", func(*feed) { must(imports.Update(imp(clusterSetIP()))) }, "NODATA", false},
		{"headless again, with what came meanwhile", func(*feed) { must(imports.Update(imp(func(*mcsv1beta1.ServiceImport) {}))) }, "10.1.0.0 10.1.0.1", false},
		{"an import of no known type goes", func(*feed) {
			must(imports.Update(imp(func(o *mcsv1beta1.ServiceImport) { o.Spec.Type = "Sidecar" })))
		}, "NXDOMAIN", false},
		{"and comes back when it is repaired", func(*feed) { must(imports.Update(imp(func(*mcsv1beta1.ServiceImport) {}))) }, "10.1.0.0 10.1.0.1", false},
		{"a relist without a slice removes it", func(f *feed) { must(slices.Replace(nil, "")) }, "NXDOMAIN", false},
		{"a relist with it brings it back", func(f *feed) { must(slices.Replace([]any{eps(same)}, "")) }, "10.1.0.0 10.1.0.1", false},
		{"a relist that is the same changes nothing", func(f *feed) { must(slices.Replace([]any{eps(same)}, "")) }, "10.1.0.0 10.1.0.1", true},
		{"a relist without the import removes the service", func(f *feed) { must(imports.Replace(nil, "")) }, "NXDOMAIN", false},
		{"the import again", func(f *feed) { must(imports.Replace([]any{imp(func(*mcsv1beta1.ServiceImport) {})}, "")) }, "10.1.0.0 10.1.0.1", false},
		{"a deleted slice goes", func(*feed) { must(slices.Delete(eps(same))) }, "NXDOMAIN", false},
		{"deleting it twice changes nothing", func(*feed) { must(slices.Delete(eps(same))) }, "NXDOMAIN", true},
		{"deleting the import of a name without endpoints shows nothing", func(*feed) {
			must(imports.Delete(imp(func(*mcsv1beta1.ServiceImport) {})))
		}, "NXDOMAIN", true},
	} {
		t.Run(s.name, func(t *testing.T) {
			s.do(f)
			if diff := cmp.Diff(s.want, webAnswers(t, m)); diff != "" {
				t.Errorf("web.test (-want +got):\n%s", diff)
			}
			now := m.current.Load().serial
			if (now == serial) != s.silent || now < serial {
				t.Errorf("the serial went from %d to %d", serial, now)
			}
			serial = now
		})
	}
	left := f.state.services
	for svc := range left.all() {
		t.Errorf("service %q is remembered after everything went", svc.key)
	}
	if len(f.index) > 0 {
		t.Errorf("slices are remembered after everything went: %v", f.index)
	}
}

func webAnswers(t *testing.T, m *Multicluster) string {
	t.Helper()
	msg, _ := exchange(t, m, new(dns.Msg).SetQuestion("web.test.svc.clusterset.local.", dns.TypeA), true)
	if len(msg.Answer) == 0 {
		return verdictText(m, msg)
	}
	var addresses []string
	for _, rr := range msg.Answer {
		addresses = append(addresses, rr.(*dns.A).A.String())
	}
	slices.Sort(addresses)
	text := fmt.Sprint(addresses)
	return text[1 : len(text)-1]
}

// Spec: local: nothing is published before every source has told all, and a
// source of one namespace removes nothing of another.
func TestSourcesOfNamespaces(t *testing.T) {
	m := newTestHandler(t, "multicluster clusterset.local")
	f := newFeed(m.zones, &m.current, map[string]int{importsResource: 2, slicesResource: 2})
	ns := []string{"a", "b"}
	for i, n := range ns {
		if err := f.importStore(n).Replace([]any{headlessImport(n, "web")}, ""); err != nil {
			t.Fatal(err)
		}
		if m.current.Load() != nil {
			t.Fatalf("published after %d of 4 sources", 2*i+1)
		}
	}
	a, b := f.sliceStore("a"), f.sliceStore("b")
	if err := a.Replace([]any{endpointSlice("a", "web", 0, 1)}, ""); err != nil {
		t.Fatal(err)
	}
	if m.current.Load() != nil {
		t.Fatal("published after 3 of 4 sources")
	}
	if err := b.Replace([]any{endpointSlice("b", "web", 0, 1)}, ""); err != nil {
		t.Fatal(err)
	}
	if err := a.Replace(nil, ""); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a": "NXDOMAIN", "b": "ANSWER"} {
		msg, _ := exchange(t, m, new(dns.Msg).SetQuestion("web."+name+".svc.clusterset.local.", dns.TypeA), true)
		if got := verdictText(m, msg); got != want {
			t.Errorf("web.%s: got %s, want %s", name, got, want)
		}
	}
}

// Spec: local: an answer comes from one published state. Every state here has
// addresses that name it, so a mixture shows.
func TestAnswersNeverMixStates(t *testing.T) {
	m := newTestHandler(t, "multicluster clusterset.local")
	f := publish(t, m, nil)
	if err := f.importStore("").Add(headlessImport("test", "web")); err != nil {
		t.Fatal(err)
	}
	store := f.sliceStore("")
	put := func(state int) {
		o := endpointSlice("test", "web", 0, 40)
		for i := range o.Endpoints {
			o.Endpoints[i].Addresses = []string{netip.AddrFrom4([4]byte{10, byte(state >> 8), byte(state), byte(i)}).String()}
		}
		if err := store.Update(o); err != nil {
			t.Error(err)
		}
	}
	put(0)
	const states = 300
	done := make(chan struct{})
	var asking sync.WaitGroup
	for range 4 {
		asking.Go(func() {
			var serial uint32
			for last := -1; ; {
				select {
				case <-done:
					return
				default:
				}
				now := m.current.Load().serial
				if now < serial {
					t.Errorf("the serial fell from %d to %d", serial, now)
				}
				serial = now
				last = checkOneState(t, m, last)
			}
		})
	}
	for state := range states {
		put(state)
	}
	close(done)
	asking.Wait()
	if got := checkOneState(t, m, -1); got != states-1 {
		t.Errorf("the last answer is of state %d, want %d", got, states-1)
	}
}

// checkOneState asks for addresses and for SRV and returns the state that the
// answer shows, which must be one, whole and not older than last.
func checkOneState(t *testing.T, m *Multicluster, last int) int {
	for _, qtype := range []uint16{dns.TypeA, dns.TypeSRV} {
		msg, _ := exchange(t, m, new(dns.Msg).SetQuestion("web.test.svc.clusterset.local.", qtype), true)
		addresses := msg.Answer
		if qtype == dns.TypeSRV {
			addresses = msg.Extra
		}
		if len(addresses) != 40 {
			t.Errorf("got %d addresses, want 40", len(addresses))
			return last
		}
		state := -1
		for _, rr := range addresses {
			ip := rr.(*dns.A).A.To4()
			if is := int(ip[1])<<8 | int(ip[2]); state < 0 {
				state = is
			} else if is != state {
				t.Errorf("an answer mixes the states %d and %d", state, is)
			}
		}
		if state < last {
			t.Errorf("state %d after state %d", state, last)
		}
		last = state
	}
	return last
}
