package multicluster

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/plugin/test"
	"github.com/miekg/dns"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"k8s.io/client-go/rest"
)

func TestNamesOutsideTheZoneNeedANextPlugin(t *testing.T) {
	m := newTestHandler(t, "multicluster clusterset.local")
	m.Next = nil
	rcode, err := m.ServeDNS(context.Background(), &test.ResponseWriter{}, new(dns.Msg).SetQuestion("example.org.", dns.TypeA))
	if rcode != dns.RcodeServerFailure || err == nil || !strings.Contains(err.Error(), "no next plugin") {
		t.Errorf("got code %d and error %v", rcode, err)
	}
}

// Queries that are not questions for records of class IN are for others.
func TestOtherMessagesGoToTheNextPlugin(t *testing.T) {
	m := newTestHandler(t, "multicluster clusterset.local")
	publish(t, m, readTestdata(t, "bystander.yaml"))
	ask := func(change func(*dns.Msg)) *dns.Msg {
		q := new(dns.Msg).SetQuestion("clusterset.local.", dns.TypeSOA)
		change(q)
		return q
	}
	for name, q := range map[string]*dns.Msg{
		"an update":         ask(func(q *dns.Msg) { q.Opcode = dns.OpcodeUpdate }),
		"a notification":    ask(func(q *dns.Msg) { q.Opcode = dns.OpcodeNotify }),
		"another class":     ask(func(q *dns.Msg) { q.Question[0].Qclass = dns.ClassCHAOS }),
		"no question":       ask(func(q *dns.Msg) { q.Question = nil }),
		"several questions": ask(func(q *dns.Msg) { q.Question = append(q.Question, q.Question[0]) }),
	} {
		if rcode, err := m.ServeDNS(context.Background(), &test.ResponseWriter{}, q); rcode != dns.RcodeNotZone || err != nil {
			t.Errorf("%s: got code %d and error %v", name, rcode, err)
		}
	}
}

// deaf is a client to which nothing can be written.
type deaf struct{ test.ResponseWriter }

var errDeaf = errors.New("connection reset")

func (*deaf) WriteMsg(*dns.Msg) error { return errDeaf }

func TestAFailedWriteIsReported(t *testing.T) {
	m := newTestHandler(t, "multicluster clusterset.local")
	publish(t, m, nil)
	rcode, err := m.ServeDNS(context.Background(), new(deaf), new(dns.Msg).SetQuestion("clusterset.local.", dns.TypeSOA))
	if rcode != dns.RcodeServerFailure || !errors.Is(err, errDeaf) {
		t.Errorf("got code %d and error %v", rcode, err)
	}
}

func TestAnswersAreCounted(t *testing.T) {
	m := newTestHandler(t, "multicluster clusterset.local")
	unsynced := newTestHandler(t, "multicluster clusterset.local")
	publish(t, m, readTestdata(t, "bystander.yaml"))
	for _, tc := range []struct {
		handler      *Multicluster
		name         string
		qtype        uint16
		label, state string
	}{
		{m, "bystander.test.svc.", dns.TypeA, "A", "hit"},
		{m, "bystander.test.svc.", dns.TypeAAAA, "AAAA", "nodata"},
		{m, "nosuch.test.svc.", dns.TypeSRV, "SRV", "nxdomain"},
		{m, "dns-version.", dns.TypeTXT, "TXT", "hit"},
		{m, "", dns.TypeSOA, "SOA", "hit"},
		{m, "", dns.TypeNS, "NS", "hit"},
		{m, "", dns.TypeHTTPS, "other", "nodata"},
		{unsynced, "", 65280, "other", "notsynced"},
	} {
		counter := answersTotal.WithLabelValues(tc.label, tc.state)
		before := testutil.ToFloat64(counter)
		q := new(dns.Msg).SetQuestion(tc.name+"clusterset.local.", tc.qtype)
		if _, err := tc.handler.ServeDNS(context.Background(), &test.ResponseWriter{}, q); err != nil {
			t.Fatal(err)
		}
		if got := testutil.ToFloat64(counter) - before; got != 1 {
			t.Errorf("%s%s: counted %v times as %s, %s", tc.name, dns.Type(tc.qtype), got, tc.label, tc.state)
		}
	}
}

// Cluster ids come from other clusters; the metric has a bound all the same.
func TestClustersInMetricsAreBounded(t *testing.T) {
	m := newTestHandler(t, "multicluster clusterset.local")
	f := publish(t, m, nil)
	check(t, f.importStore("").Add(headlessImport("test", "web")))
	store := f.sliceStore("")
	for i := range 2 * maxClusters {
		check(t, store.Add(endpointSlice("test", "web", i, 1)))
	}
	c := census{endpoints: make(map[string]int)}
	c.add(m.current.Load())
	if len(c.endpoints) != maxClusters+1 || c.endpoints[otherClusters] != maxClusters {
		t.Errorf("got %d clusters, and %d endpoints in %s", len(c.endpoints), c.endpoints[otherClusters], otherClusters)
	}
}

// Spec: local: a reload never makes a name SERVFAIL or old: the new instance
// waits for the API server while the old one answers.
func TestReloadLeavesNoGap(t *testing.T) {
	s := newAPIServer(t)
	s.tell("serviceimports", "ADDED", importOf("v1beta1", headlessImport("test", "web")))
	s.tell("endpointslices", "ADDED", sliceOf(endpointSlice("test", "web", 1, 2)))
	before := inCluster
	inCluster = func() (*rest.Config, error) { return s.config(), nil }
	defer func() { inCluster = before }()
	corefile := "clusterset.local {\nmulticluster {\nttl %d\nstartup_timeout 2m\n}\n}"
	address, instance := startInstance(t, fmt.Sprintf(corefile, 5))
	query := func() (*dns.Msg, error) {
		c := dns.Client{Net: "udp"}
		msg, _, err := c.Exchange(new(dns.Msg).SetQuestion("web.test.svc.clusterset.local.", dns.TypeA), address)
		return msg, err
	}
	done := make(chan struct{})
	var asking sync.WaitGroup
	asking.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			// A query may be lost between two servers on one port; none may be answered wrongly.
			if msg, err := query(); err == nil && len(msg.Answer) != 2 {
				t.Errorf("during a reload: %v", msg)
				return
			}
		}
	})
	for ttl := range 5 {
		next, err := instance.Restart(caddy.CaddyfileInput{
			Contents: []byte(fmt.Sprintf(corefile, 10+ttl)), Filepath: "Corefile", ServerTypeName: "dns",
		})
		if err != nil {
			t.Fatal(err)
		}
		instance = next
		if got := len(instances.running()); got != 1 {
			t.Errorf("%d instances run after a reload", got)
		}
	}
	close(done)
	asking.Wait()
	eventually(t, "after the last reload", "2 addresses for 14 s", func() string {
		msg, err := query()
		if err != nil || len(msg.Answer) == 0 {
			return fmt.Sprintf("%v (%v)", msg, err)
		}
		return fmt.Sprintf("%d addresses for %d s", len(msg.Answer), msg.Answer[0].Header().Ttl)
	})
	instance.ShutdownCallbacks()
	if err := instance.Stop(); err != nil {
		t.Error(err)
	}
}
