package multicluster

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"
)

// Spec: local: a change of a large service costs one building of what is asked
// for, however many ask for it at the same time.
func TestConcurrentAskersShareOneBuild(t *testing.T) {
	const askers = 50
	var shared once[int]
	var builds, asking atomic.Int32
	began, finish := make(chan struct{}), make(chan struct{})
	build := func() *int {
		builds.Add(1)
		close(began)
		<-finish
		return new(int)
	}
	got := make([]*int, askers)
	var all sync.WaitGroup
	ask := func(i int) {
		asking.Add(1)
		got[i] = shared.get(build)
	}
	all.Go(func() { ask(0) })
	<-began // the others come while it is built, or later
	for i := 1; i < askers; i++ {
		all.Go(func() { ask(i) })
	}
	eventually(t, "all ask", "true", func() string {
		return map[bool]string{true: "true"}[asking.Load() == askers]
	})
	close(finish)
	all.Wait()
	if builds.Load() != 1 {
		t.Errorf("built %d times, want once", builds.Load())
	}
	for i := range got {
		if got[i] != got[0] {
			t.Errorf("asker %d got another value", i)
		}
	}
}

// Spec: local: what fails to be built is built for the next asker.
func TestABuildThatPanicsIsForgotten(t *testing.T) {
	var shared once[int]
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic did not reach the asker")
			}
		}()
		shared.get(func() *int { panic("out of luck") })
	}()
	if got := shared.get(func() *int { return new(7) }); *got != 7 {
		t.Errorf("got %d, want 7", *got)
	}
}

// Spec: local: all answers from one state share the same records, so that their
// rotation is one as well.
func TestAskersOfAFreshServiceShareItsRecords(t *testing.T) {
	m := largeHandler(t, 200)
	svc, _ := m.current.Load().services.get("large.test")
	for _, qtype := range []uint16{dns.TypeA, dns.TypeAAAA, dns.TypeSRV} {
		t.Run(dns.TypeToString[qtype], func(t *testing.T) {
			got := make([]*rrset, 20)
			var all sync.WaitGroup
			for i := range got {
				all.Go(func() {
					a, v := svc.lookup(question{zone: m.zones[0], qtype: qtype})
					if v != success {
						t.Errorf("got verdict %d", v)
					}
					got[i] = a.set
				})
			}
			all.Wait()
			for i := range got {
				if got[i] == nil || got[i] != got[0] {
					t.Fatalf("asker %d got a set of its own", i)
				}
			}
		})
	}
}

// Spec: local: a query for one host of a large service builds no record of the
// others, and nothing that stays.
func TestAHostNameBuildsNothing(t *testing.T) {
	m := largeHandler(t, 200)
	for _, name := range []string{"pod-7.c0", "pod-200.c0", "pod-7.c9", "c0", "c9"} {
		exchange(t, m, new(dns.Msg).SetQuestion(name+".large.test.svc.clusterset.local.", dns.TypeA), true)
	}
	svc, _ := m.current.Load().services.get("large.test")
	if svc.views.Load() != nil {
		t.Error("records were built")
	}
}

// Spec: local: the records of a host that many endpoints share are kept, since
// making them again would cost every query as much as there are endpoints.
func TestACrowdedHostIsKept(t *testing.T) {
	m := newTestHandler(t, "multicluster clusterset.local")
	f := publish(t, m, nil)
	check(t, f.importStore("").Add(headlessImport("test", "web")))
	o := endpointSlice("test", "web", 1, 40)
	for i := range o.Endpoints {
		o.Endpoints[i].Hostname = o.Endpoints[0].Hostname
	}
	check(t, f.sliceStore("").Add(o))
	svc, _ := m.current.Load().services.get("web.test")
	ask := func(qtype uint16) (answer, verdict) {
		return svc.lookupHost(question{zone: m.zones[0], qtype: qtype}, "pod-0.c1")
	}
	first, v := ask(dns.TypeA)
	if v != success || first.set.len() != 40 {
		t.Fatalf("got verdict %d and %d records", v, first.set.len())
	}
	if second, _ := ask(dns.TypeA); second.set != first.set {
		t.Error("the records were made again")
	}
	if _, v := ask(dns.TypeAAAA); v != noData {
		t.Errorf("got verdict %d for AAAA", v)
	}
	if _, v := svc.lookupHost(question{zone: m.zones[0], qtype: dns.TypeA}, "pod-1.c1"); v != nameError {
		t.Errorf("got verdict %d for another host", v)
	}
}
