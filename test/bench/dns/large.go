package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	mcsclient "sigs.k8s.io/mcs-api/pkg/client/clientset/versioned/typed/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/test/bench/dns/internal/dataset"
	"github.com/multicluster-dns/multicluster-dns/test/bench/dns/internal/proc"
)

// largeRate is how many changes of the large service a second there are while its cost is measured.
const largeRate = 50

// measureLarge changes single endpoints of one very large service: how long until the new host name is answered, and what the
// change costs each server by itself and with a query after it.
func (b *bench) measureLarge(ctx context.Context, servers []*server, set *setReport) error {
	servers = servers[:len(compared)]
	service := dataset.Large(b.options.large, b.options.seed)
	if err := b.createLarge(ctx, servers, service); err != nil {
		return err
	}
	report := &largeReport{Endpoints: service.Endpoints()}
	reports := make([]changeServer, len(servers))
	for i, s := range servers {
		reports[i].Software = s.id
	}
	for n := range b.options.changes * len(servers) {
		i := n % len(servers)
		a, err := b.asker(ctx, servers[i])
		if err != nil {
			return err
		}
		c, err := b.followChange(ctx, a, &service, n%len(service.Slices), dataset.Question{Type: dns.TypeA})
		a.close()
		if err != nil {
			return fmt.Errorf("following a change of the large service to the answer of %s: %w", servers[i].title, err)
		}
		reports[i].add(c)
		if err := pause(ctx, changeRest); err != nil {
			return err
		}
	}
	report.Changes = reports
	host := func(slice int) dataset.Question {
		s := service.Slices[slice]
		return dataset.Question{Name: service.HostFQDN(s.Cluster, s.Endpoints[0]), Type: dns.TypeA}
	}
	whole := func(int) dataset.Question { return dataset.Question{Name: service.FQDN(), Type: dns.TypeA} }
	for _, after := range []struct {
		what string
		ask  func(slice int) dataset.Question
	}{
		{"the change alone", nil},
		{"the change and an A query for the new host name", host},
		{"the change and an A query for the service (UDP, truncated)", whole},
	} {
		cost, err := b.costOfChanges(ctx, servers, &service, after.ask)
		if err != nil {
			return err
		}
		cost.After = after.what
		report.Costs = append(report.Costs, cost)
	}
	set.Large = report
	return b.deleteLarge(ctx, service)
}

// costOfChanges changes the service at a steady rate and returns what each server computed for a change. All of them see the
// same changes.
func (b *bench) costOfChanges(ctx context.Context, servers []*server, service *dataset.Service, ask func(int) dataset.Question) (largeCost, error) {
	var cost largeCost
	askers := make([]*asker, len(servers))
	before := make([]time.Duration, len(servers))
	for i, s := range servers {
		var err error
		if askers[i], err = b.asker(ctx, s); err != nil {
			return cost, err
		}
		defer askers[i].close()
		if before[i], err = proc.CPU(s.process.Pid()); err != nil {
			return cost, err
		}
	}
	for n := range b.options.changes {
		slice := n % len(service.Slices)
		b.changeAddress(service, slice)
		patch, err := b.patch(service, slice)
		if err != nil {
			return cost, err
		}
		if err := patch(ctx); err != nil {
			return cost, err
		}
		if err := pause(ctx, time.Second/largeRate); err != nil {
			return cost, err
		}
		if ask == nil {
			continue
		}
		for _, a := range askers {
			if _, err := a.ask(ask(slice), replyPatience); err != nil {
				cost.Unanswered++ // too slow for a client, and what it cost is counted
			}
		}
	}
	for i, s := range servers {
		now, err := proc.CPU(s.process.Pid())
		if err != nil {
			return cost, err
		}
		cost.Servers = append(cost.Servers, largeServer{
			Software: s.id, Microseconds: float64((now - before[i]).Microseconds()) / float64(b.options.changes),
		})
	}
	return cost, nil
}

// createLarge creates the service and returns when every server answers for its last endpoint.
func (b *bench) createLarge(ctx context.Context, servers []*server, service dataset.Service) error {
	imports, err := mcsclient.NewForConfig(b.cluster.Config())
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	if err := b.create(ctx, imports, service); err != nil {
		return err
	}
	last := service.Slices[len(service.Slices)-1]
	endpoint := last.Endpoints[len(last.Endpoints)-1]
	q := dataset.Question{Name: service.HostFQDN(last.Cluster, endpoint), Type: dns.TypeA}
	for _, s := range servers {
		if err := b.awaitAddress(ctx, s, q, endpoint); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) awaitAddress(ctx context.Context, s *server, q dataset.Question, endpoint dataset.Endpoint) error {
	a, err := b.asker(ctx, s)
	if err != nil {
		return err
	}
	defer a.close()
	for begun := time.Now(); time.Since(begun) < startPatience; {
		reply, err := a.ask(q, replyPatience)
		if err == nil && slices.Contains(addresses(reply), endpoint.Address) {
			return nil
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s does not answer %q after %s", s.title, q, startPatience)
}

// deleteLarge leaves the data set as it was.
func (b *bench) deleteLarge(ctx context.Context, service dataset.Service) error {
	imports, err := mcsclient.NewForConfig(b.cluster.Config())
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	if err := imports.ServiceImports(service.Namespace).Delete(ctx, service.Name, metav1.DeleteOptions{}); err != nil {
		return fmt.Errorf("deleting the large service: %w", err)
	}
	group, deleting := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for _, slice := range service.Slices {
		group.Go(func() error {
			return b.discovery.EndpointSlices(service.Namespace).Delete(deleting, slice.Name, metav1.DeleteOptions{})
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("deleting the large service: %w", err)
	}
	return nil
}
