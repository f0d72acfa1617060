package main

import (
	"context"
	"fmt"
	"time"

	"github.com/miekg/dns"

	"github.com/multicluster-dns/multicluster-dns/test/bench/dns/internal/dataset"
	"github.com/multicluster-dns/multicluster-dns/test/bench/dns/internal/proc"
)

const (
	// startPatience bounds a start: of the slowest server, on the largest data set, on a busy machine.
	startPatience = 3 * time.Minute
	// sampleSize is how many services are asked again and again while a server starts.
	sampleSize = 100
	// answerPatience is how long an answer is waited for that has to come, on a busy machine too.
	answerPatience = 30 * time.Second
	// replyPatience is how long one answer is waited for.
	replyPatience = 200 * time.Millisecond
)

// watchedStart is how a start went, as its clients saw it.
type watchedStart struct {
	// Seconds from the start of the process until every name of the sample was answered right, one after the other.
	// Negative: that did not happen.
	Seconds float64 `json:"seconds"`
	// Asked counts the queries until then, Wrong those answered with something untrue: NXDOMAIN, NODATA or part of the
	// addresses. Silence, SERVFAIL and REFUSED are not untrue.
	Asked int `json:"asked"`
	Wrong int `json:"wrong"`
	// CPUSeconds is what the process computed meanwhile.
	CPUSeconds float64 `json:"cpuSeconds"`
}

// untilRight asks a sample of all names without rest until all of them are right.
func (b *bench) untilRight(ctx context.Context, s *server, patience time.Duration) (watchedStart, error) {
	sample := dataset.Sample(b.services, sampleSize, b.options.seed)
	a, err := b.asker(ctx, s)
	if err != nil {
		return watchedStart{}, err
	}
	defer a.close()
	start := watchedStart{Seconds: -1}
	for inARow, next := 0, 0; inARow < len(sample); next = (next + 1) % len(sample) {
		if time.Since(s.begun) > patience {
			return start, nil
		}
		select {
		case <-s.process.Done():
			return start, fmt.Errorf("%s ended; the end of its log: %q", s.title, s.process.Tail(10))
		default:
		}
		reply, _ := a.ask(dataset.Question{Name: sample[next].FQDN(), Type: dns.TypeA}, replyPatience) // no reply is a verdict
		start.Asked++
		inARow++
		switch judge(reply, sample[next].Addresses()) {
		case wrong:
			start.Wrong++
			inARow = 0
		case silent:
			inARow = 0
			if err := pause(ctx, time.Millisecond); err != nil {
				return start, err
			}
		}
	}
	start.Seconds = time.Since(s.begun).Seconds()
	if err := proc.Runs(s.process.Pid(), s.corefile); err != nil {
		return start, err // then what the kernel says would be another process'
	}
	cpu, err := proc.CPU(s.process.Pid())
	start.CPUSeconds = cpu.Seconds()
	return start, err
}

// measureStarts starts each of the compared servers in turn, alone; the last one of each is also asked for its memory, and
// one more reads the API server through a counter.
func (b *bench) measureStarts(ctx context.Context, set *setReport) error {
	for _, software := range compared {
		set.Starts = append(set.Starts, startReport{Software: software.id})
	}
	for n := range b.options.starts {
		for i, software := range compared {
			last := n == b.options.starts-1
			if err := b.measureStart(ctx, software, &set.Starts[i], last); err != nil {
				return err
			}
		}
	}
	for i, software := range compared {
		var err error
		if set.Starts[i].BytesRead, err = b.measureBytes(ctx, software); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) measureStart(ctx context.Context, software software, into *startReport, withMemory bool) error {
	s, err := b.serve(ctx, software, b.cluster.AdminKubeconfig())
	if err != nil {
		return err
	}
	defer s.stop()
	start, err := b.untilRight(ctx, s, startPatience)
	if err != nil {
		return err
	}
	if start.Seconds < 0 {
		return fmt.Errorf("starting %s: not every name was right after %s; the end of its log: %q", s.title, startPatience, s.process.Tail(10))
	}
	into.Runs = append(into.Runs, start)
	if !withMemory {
		return nil
	}
	if into.AfterSync, err = b.memory(ctx, s); err != nil {
		return err
	}
	if err := b.askEverything(ctx, s); err != nil {
		return err
	}
	into.AfterQueries, err = b.memory(ctx, s)
	return err
}

// askEverything asks once for all that a server may prepare on first use.
func (b *bench) askEverything(ctx context.Context, s *server) error {
	a, err := b.asker(ctx, s)
	if err != nil {
		return err
	}
	defer a.close()
	for _, q := range dataset.Everything(b.services) {
		reply, err := a.ask(q, answerPatience)
		if err != nil {
			return err
		}
		if q.Type == dns.TypeA && (reply.Rcode != dns.RcodeSuccess || len(reply.Answer) == 0 && !reply.Truncated) {
			return fmt.Errorf("asking %s %q: %s with %d records", s.title, q, dns.RcodeToString[reply.Rcode], len(reply.Answer))
		}
	}
	return nil
}
