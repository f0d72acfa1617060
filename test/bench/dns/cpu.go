package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/multicluster-dns/multicluster-dns/test/bench/dns/internal/dataset"
	"github.com/multicluster-dns/multicluster-dns/test/bench/dns/internal/load"
	"github.com/multicluster-dns/multicluster-dns/test/bench/dns/internal/proc"
)

// measureCPU gives every kind of load to every server in turn, round after round, so that what else the machine does falls
// on all alike.
func (b *bench) measureCPU(ctx context.Context, servers []*server, set *setReport) error {
	for _, mix := range dataset.Mixes(b.services, b.options.seed) {
		if !b.options.loads(mix.Name) {
			continue
		}
		report, err := b.measureMix(ctx, servers, mix)
		if err != nil {
			return fmt.Errorf("mix %s: %w", mix.Name, err)
		}
		set.CPU = append(set.CPU, report)
		b.say("  %-12s %s", mix.Name, report)
	}
	return nil
}

func (b *bench) measureMix(ctx context.Context, servers []*server, mix dataset.Mix) (mixReport, error) {
	file := filepath.Join(b.dir, mix.Name+".questions")
	if err := writeQuestions(file, mix.Questions); err != nil {
		return mixReport{}, err
	}
	report := mixReport{Mix: mix.Name, Title: mix.Title}
	for _, s := range servers { // every question once, before the first round, unless rounds are shorter
		order := load.Order{Server: s.at, File: file, Rate: b.options.rate}
		order.For = min(b.options.round, time.Duration(len(mix.Questions))*time.Second/time.Duration(order.Rate))
		if _, err := b.generator.Run(ctx, b.cluster, order); err != nil {
			return mixReport{}, err
		}
		report.Servers = append(report.Servers, mixServer{Software: s.id})
	}
	for round := range b.options.rounds {
		for i := range servers {
			at := (i + round) % len(servers) // another one first each time
			order := load.Order{Server: servers[at].at, File: file, For: b.options.round, Rate: b.options.rate}
			if err := b.measureRound(ctx, servers[at], order, mix.Rcodes, &report.Servers[at]); err != nil {
				return mixReport{}, err
			}
		}
	}
	if b.options.profiles != "" {
		for _, s := range servers {
			if err := b.profile(ctx, s, load.Order{Server: s.at, File: file, For: profileTime + time.Second, Rate: b.options.rate}, mix.Name); err != nil {
				return mixReport{}, err
			}
		}
	}
	return report, nil
}

// measureRound loads one server once.
func (b *bench) measureRound(ctx context.Context, s *server, order load.Order, rcodes []int, into *mixServer) error {
	before, err := proc.CPU(s.process.Pid())
	if err != nil {
		return err
	}
	outcome, err := b.generator.Run(ctx, b.cluster, order)
	if err != nil {
		return fmt.Errorf("loading %s: %w", s.title, err)
	}
	after, err := proc.CPU(s.process.Pid())
	if err != nil {
		return err
	}
	if err := outcome.Check(rcodes...); err != nil {
		return fmt.Errorf("loading %s: %w", s.title, err)
	}
	into.Microseconds = append(into.Microseconds, float64((after-before).Microseconds())/float64(outcome.Answered))
	into.PerSecond = append(into.PerSecond, float64(outcome.Answered)/outcome.Took.Seconds())
	into.AnswerBytes = outcome.AnswerBytes
	into.Lost += outcome.Lost
	return nil
}

func writeQuestions(path string, questions []dataset.Question) error {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("writing questions: %w", err)
	}
	w := bufio.NewWriter(file)
	for _, q := range questions {
		fmt.Fprintln(w, q)
	}
	if err := errors.Join(w.Flush(), file.Close()); err != nil {
		return fmt.Errorf("writing questions: %w", err)
	}
	return nil
}

// profileTime is how long a CPU profile lasts; CoreDNS' pprof plugin cuts longer ones off.
const profileTime = 4 * time.Second

// profile writes a CPU profile of a server under load.
func (b *bench) profile(ctx context.Context, s *server, order load.Order, mix string) error {
	loaded := make(chan error, 1)
	go func() {
		_, err := b.generator.Run(ctx, b.cluster, order)
		loaded <- err
	}()
	content, err := b.pprof(ctx, s, fmt.Sprintf("profile?seconds=%d", int(profileTime.Seconds())))
	if err := errors.Join(err, <-loaded); err != nil {
		return err
	}
	if err := os.MkdirAll(b.options.profiles, 0o755); err != nil {
		return fmt.Errorf("writing a profile: %w", err)
	}
	file := filepath.Join(b.options.profiles, fmt.Sprintf("%s-%s-%s.pprof", b.shape.Name, mix, s.id))
	if err := os.WriteFile(file, content, 0o644); err != nil {
		return fmt.Errorf("writing a profile: %w", err)
	}
	return nil
}
