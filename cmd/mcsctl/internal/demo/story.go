package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

const (
	checkout = "checkout.shop.svc.clusterset.local"
	pg       = "pg.data.svc.clusterset.local"

	exportAnnotation = "multicluster.kubernetes.io/export"

	// patience bounds every wait of the story.
	patience = 20 * time.Second
)

// story is what the demo shows, on a clusterset whose first member exports.
type story struct {
	*screen
	set     *clusterset.Clusterset
	east    *clusterset.Member   // exports
	members []*clusterset.Member // all, east last: the others are what is shown
	step    string               // what is being done, for a failure
	log     string               // the log that explains a failure of this step
}

// tell tells the whole story; an error ends it at s.step.
func (s *story) tell(ctx context.Context) error {
	for _, chapter := range []func(context.Context) error{s.deploy, s.before, s.export, s.reach, s.headless, s.withdraw} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return nil
}

// at names the step and whose log explains its failure.
func (s *story) at(step string, log interface{ Log() string }) {
	s.step, s.log = step, log.Log()
}

func (s *story) deploy(ctx context.Context) error {
	s.at("deploy", s.east.Controller)
	begun := time.Now()
	for _, m := range s.members {
		if err := apply(ctx, m.Client, namespaces); err != nil {
			return err
		}
	}
	if err := apply(ctx, s.east.Client, shop); err != nil {
		return err
	}
	addresses, err := s.readyAddresses(ctx, "shop", "checkout", 3)
	if err != nil {
		return err
	}
	s.setUp("deploy", fmt.Sprintf("%s  shop/checkout  3 pods (%s)", s.east.ID, strings.Join(addresses, " ")), time.Since(begun))
	s.say("")
	return nil
}

func (s *story) before(ctx context.Context) error {
	for i, m := range s.importers() {
		s.at("before the export", m.DNS)
		answer, err := m.Query(ctx, checkout, dns.TypeA)
		if err != nil {
			return err
		}
		if answer.Rcode != dns.RcodeNameError {
			return fmt.Errorf("%s in %s: %s, not NXDOMAIN, before anything is exported", checkout, m.ID, dns.RcodeToString[answer.Rcode])
		}
		s.pass()
		s.prompt(heading("Before:", i), m.ID, "dig +short "+checkout)
		s.shows("(NXDOMAIN)")
	}
	return nil
}

func (s *story) export(ctx context.Context) error {
	s.at("export", s.east.Controller)
	s.prompt("Export:", s.east.ID, "kubectl -n shop annotate service checkout "+exportAnnotation+"=true")
	begun := time.Now()
	if err := annotate(ctx, s.east.Client, "shop", "checkout", new("true")); err != nil {
		return err
	}
	for i, m := range s.members {
		s.log = m.Controller.Log()
		addresses, err := s.await(ctx, m, checkout, dns.TypeA, func(answer *dns.Msg) bool { return len(answer.Answer) > 0 })
		if err != nil {
			return err
		}
		took := time.Since(begun)
		imported, err := importIPs(ctx, m.Client, "shop", "checkout")
		if err != nil {
			return err
		}
		if got := clusterset.Addresses(addresses); !slices.Equal(got, imported) {
			return fmt.Errorf("%s in %s answers %v, its ServiceImport has %v", checkout, m.ID, got, imported)
		}
		s.pass()
		s.prompt(heading("After:", i), m.ID, "dig +short "+checkout)
		for _, address := range imported {
			if i == 0 {
				s.shows(fmt.Sprintf("%-20s resolved %d ms after the annotation", address, took.Milliseconds()))
				continue
			}
			s.shows(address)
		}
	}
	return nil
}

func (s *story) reach(ctx context.Context) error {
	for _, m := range s.members {
		s.at("reach the service", m.Controller)
		if traffic := s.set.Lab.Traffic(); strings.HasPrefix(traffic, "none") {
			s.leaveOut("connections (" + strings.TrimPrefix(traffic, "none: ") + ")")
			continue
		}
		ips, err := importIPs(ctx, m.Client, "shop", "checkout")
		if err != nil {
			return err
		}
		var body string
		err = wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
			body, err = m.Get(ctx, ips[0], 80)
			return err == nil, nil
		})
		if err != nil {
			return fmt.Errorf("no pod of %s answers %s at its address %s through %s", s.east.ID, m.ID, ips[0], s.set.Lab.Traffic())
		}
		if !strings.Contains(body, " in "+s.east.ID+" ") {
			return fmt.Errorf("%s at %s is answered by %q, not by a pod in %s", checkout, ips[0], strings.TrimSpace(body), s.east.ID)
		}
		s.pass()
		s.prompt("", m.ID, "curl -s "+checkout)
		s.shows(strings.TrimSpace(body))
	}
	return nil
}

func (s *story) headless(ctx context.Context) error {
	s.at("headless StatefulSet", s.east.Controller)
	if err := apply(ctx, s.east.Client, data); err != nil {
		return err
	}
	pods, err := s.readyAddresses(ctx, "data", "pg", 2)
	if err != nil {
		return err
	}
	s.prompt("\nPods:   ", s.east.ID, "kubectl -n data annotate service pg "+exportAnnotation+"=true   # a headless StatefulSet of two")
	if err := annotate(ctx, s.east.Client, "data", "pg", new("true")); err != nil {
		return err
	}
	m := s.members[0]
	s.log = m.Controller.Log()
	answer, err := s.await(ctx, m, pg, dns.TypeA, func(answer *dns.Msg) bool { return len(answer.Answer) == len(pods) })
	if err != nil {
		return err
	}
	if got := clusterset.Addresses(answer); !slices.Equal(got, pods) {
		return fmt.Errorf("%s in %s answers %v, the pods are %v", pg, m.ID, got, pods)
	}
	s.pass()
	s.prompt("", m.ID, "dig +short "+pg)
	s.shows(pods...)

	s.at("SRV records", m.DNS)
	query := "_postgres._tcp." + pg
	answer, err = s.await(ctx, m, query, dns.TypeSRV, func(answer *dns.Msg) bool { return len(answer.Answer) == len(pods) })
	if err != nil {
		return err
	}
	s.pass()
	s.prompt("", m.ID, "dig +short SRV "+query)
	var targets []string
	for _, rr := range answer.Answer {
		srv, ok := rr.(*dns.SRV)
		if !ok {
			return fmt.Errorf("%s answers a %s among its SRV records", query, dns.TypeToString[rr.Header().Rrtype])
		}
		targets = append(targets, srv.Target)
		s.shows(fmt.Sprintf("%d %d %d %s", srv.Priority, srv.Weight, srv.Port, srv.Target))
	}
	slices.Sort(targets)
	for i, target := range targets {
		if want := fmt.Sprintf("pg-%d.%s.%s.", i, s.east.ID, pg); target != want {
			return fmt.Errorf("SRV target %q, want %q", target, want)
		}
		answer, err := m.Query(ctx, target, dns.TypeA)
		if err != nil {
			return err
		}
		addresses := clusterset.Addresses(answer)
		if len(addresses) != 1 || !slices.Contains(pods, addresses[0]) {
			return fmt.Errorf("%s in %s answers %v, want one of the pods %v", target, m.ID, addresses, pods)
		}
		s.pass()
		s.prompt("", m.ID, "dig +short "+strings.TrimSuffix(target, "."))
		s.shows(addresses...)
	}
	return nil
}

func (s *story) withdraw(ctx context.Context) error {
	s.at("unexport", s.east.Controller)
	s.prompt("\nUndo:   ", s.east.ID, "kubectl -n shop annotate service checkout "+exportAnnotation+"-")
	if err := annotate(ctx, s.east.Client, "shop", "checkout", nil); err != nil {
		return err
	}
	for _, m := range s.members {
		s.log = m.Controller.Log()
		if _, err := s.await(ctx, m, checkout, dns.TypeA, func(answer *dns.Msg) bool { return answer.Rcode == dns.RcodeNameError }); err != nil {
			return err
		}
		s.pass()
		s.prompt("", m.ID, "dig +short "+checkout)
		s.shows("(NXDOMAIN)")
	}
	s.say("")
	return nil
}

// importers are the members that only import.
func (s *story) importers() []*clusterset.Member { return s.members[:len(s.members)-1] }

// await asks until the answer is as wanted, or says what the last one was.
func (s *story) await(ctx context.Context, m *clusterset.Member, name string, qtype uint16, wanted func(*dns.Msg) bool) (*dns.Msg, error) {
	var last *dns.Msg
	var lastErr error
	err := wait.PollUntilContextTimeout(ctx, 2*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		last, lastErr = m.Query(ctx, name, qtype)
		return lastErr == nil && wanted(last), nil
	})
	switch {
	case err == nil:
		return last, nil
	case lastErr != nil:
		return nil, lastErr
	case last == nil:
		return nil, err
	}
	return nil, fmt.Errorf("%s %s in %s still answers %s with %d records after %s", name, dns.TypeToString[qtype], m.ID, dns.RcodeToString[last.Rcode], len(last.Answer), patience)
}

// readyAddresses waits until n pods of the Service are ready in the exporting member and returns their IPv4 addresses, sorted.
func (s *story) readyAddresses(ctx context.Context, namespace, service string, n int) ([]string, error) {
	var addresses []string
	err := wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		var err error
		addresses, err = sliceAddresses(ctx, s.east.Client, namespace, service)
		return err == nil && len(addresses) == n, nil
	})
	if err != nil {
		return nil, fmt.Errorf("%s/%s in %s has %d of %d pods ready after %s", namespace, service, s.east.ID, len(addresses), n, patience)
	}
	return addresses, nil
}

// annotate sets the export annotation of a Service, or removes it where value is nil.
func annotate(ctx context.Context, c client.Client, namespace, name string, value *string) error {
	service := &unstructured.Unstructured{Object: map[string]any{}}
	service.SetAPIVersion("v1")
	service.SetKind("Service")
	service.SetNamespace(namespace)
	service.SetName(name)
	quoted := "null"
	if value != nil {
		quoted = fmt.Sprintf("%q", *value)
	}
	patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%s}}}`, exportAnnotation, quoted)
	if err := c.Patch(ctx, service, client.RawPatch(types.MergePatchType, []byte(patch))); err != nil {
		return fmt.Errorf("annotating Service %s/%s: %w", namespace, name, err)
	}
	return nil
}

// importIPs returns the virtual addresses of a ServiceImport.
func importIPs(ctx context.Context, c client.Client, namespace, name string) ([]string, error) {
	si := &unstructured.Unstructured{}
	si.SetAPIVersion("multicluster.x-k8s.io/v1beta1")
	si.SetKind("ServiceImport")
	if err := c.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, si); err != nil {
		return nil, fmt.Errorf("reading ServiceImport %s/%s: %w", namespace, name, err)
	}
	ips, _, err := unstructured.NestedStringSlice(si.Object, "spec", "ips")
	if err != nil {
		return nil, fmt.Errorf("reading ServiceImport %s/%s: %w", namespace, name, err)
	}
	slices.Sort(ips)
	return ips, nil
}

// heading is shown once, before the first of several lines.
func heading(text string, i int) string {
	if i == 0 {
		return text
	}
	return ""
}
