package main

import (
	"context"
	"fmt"

	"github.com/miekg/dns"

	"github.com/multicluster-dns/multicluster-dns/test/bench/dns/internal/dataset"
)

// comparedServices is how many services all servers are asked for before they are loaded.
const comparedServices = 500

// compareAnswers asks every server for the addresses of a sample of services and refuses to go on unless all are right: only
// right answers are worth measuring.
func (b *bench) compareAnswers(ctx context.Context, servers []*server, set *setReport) error {
	sample := dataset.Sample(b.services, comparedServices, b.options.seed+1)
	for _, s := range servers {
		if err := b.checkAnswers(ctx, s, sample); err != nil {
			return err
		}
	}
	set.ComparedNames = len(sample)
	return nil
}

func (b *bench) checkAnswers(ctx context.Context, s *server, sample []dataset.Service) error {
	a, err := b.asker(ctx, s)
	if err != nil {
		return err
	}
	defer a.close()
	for _, service := range sample {
		q := dataset.Question{Name: service.FQDN(), Type: dns.TypeA}
		reply, err := a.ask(q, answerPatience)
		if err != nil {
			return fmt.Errorf("comparing answers of %s: %w", s.title, err)
		}
		if judge(reply, service.Addresses()) != right {
			return fmt.Errorf("comparing answers of %s: %q is answered with %s %v, not %v",
				s.title, q, dns.RcodeToString[reply.Rcode], addresses(reply), service.Addresses())
		}
	}
	return nil
}
