package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	hubv1alpha1 "github.com/multicluster-dns/multicluster-dns/controller/hub/api/v1alpha1"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

const (
	// unrest is how long things are done before everything is healed and looked at, and pace the rest between two of them.
	unrest = 15 * time.Second
	pace   = 50 * time.Millisecond
	// patience is how long the clusters may take from the last repair on, and stillness how long nothing may be written then.
	patience  = 3 * time.Minute
	stillness = 2 * time.Second
	// grace is how long imports survive their Service here, short of the default so that what comes after is seen too.
	grace = 3 * time.Second
)

// errDifferent says that a cluster is not what it must be. What is different has been printed.
var errDifferent = errors.New("the clusters are not what their exports make of them")

// soak is one run.
type soak struct {
	set          *clusterset.Clusterset
	hub          client.Reader
	script       *script
	disturbances *disturbances
	log          io.Writer
	done         map[act]int
}

func newSoak(set *clusterset.Clusterset, seed uint64, log io.Writer) (*soak, error) {
	scheme := runtime.NewScheme()
	if err := hubv1alpha1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	hub, err := client.New(set.Hub.Cluster.Config(), client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("connecting to the hub: %w", err)
	}
	var members []string
	for _, m := range set.Members {
		members = append(members, m.ID)
	}
	return &soak{set: set, hub: hub, script: newScript(seed, members), disturbances: newDisturbances(set), log: log, done: map[act]int{}}, nil
}

// prepare makes the namespaces and the pods that Services will select.
func (s *soak) prepare(ctx context.Context) error {
	for i, m := range s.set.Members {
		for _, namespace := range []string{everywhere, elsewhere} {
			if namespace == elsewhere && i == len(s.set.Members)-1 {
				continue
			}
			if err := m.Client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}); err != nil {
				return fmt.Errorf("preparing member %q: %w", m.ID, err)
			}
			for _, key := range keys {
				if key.Namespace != namespace {
					continue
				}
				if err := m.Client.Create(ctx, deployment(namespace, key.Name)); err != nil {
					return fmt.Errorf("preparing member %q: %w", m.ID, err)
				}
			}
		}
	}
	return nil
}

// run alternates unrest and quiet points until the time is up, at least once.
func (s *soak) run(ctx context.Context, lasts time.Duration) error {
	begun := time.Now()
	for round := 1; ; round++ {
		n, err := s.unrest(ctx, min(unrest, max(lasts-time.Since(begun), pace)))
		if err != nil {
			return err
		}
		took, w, err := s.settle(ctx)
		if err != nil {
			return fmt.Errorf("round %d: %w", round, err)
		}
		fmt.Fprintf(s.log, "soak: %6.1fs round %d: %d operations, then %s as they must be %.1fs after the last repair\n",
			time.Since(begun).Seconds(), round, n, w, took.Seconds())
		if time.Since(begun) >= lasts {
			return nil
		}
	}
}

// unrest does what the script says for a time, then waits until everything is repaired.
func (s *soak) unrest(ctx context.Context, lasts time.Duration) (n int, err error) {
	for end := time.Now().Add(lasts); time.Now().Before(end) && ctx.Err() == nil && err == nil; pause(ctx, pace) {
		o := s.script.next()
		switch o.act {
		case partition:
			if !s.set.Lab.Isolation().Namespaces() {
				continue // The members share one network, and nobody can be cut off.
			}
			fallthrough
		case killController, stopHub:
			if !s.disturbances.begin(ctx, o) {
				continue
			}
			fmt.Fprintf(s.log, "soak:         %s\n", o)
		default:
			err = carryOut(ctx, s.set.Member(o.member).Client, o)
		}
		s.done[o.act]++
		n++
	}
	return n, errors.Join(err, s.disturbances.heal(), ctx.Err())
}

// settle waits until every cluster is what it must be and nothing is written any more, and returns how long it took and the
// world as it is then.
func (s *soak) settle(ctx context.Context) (time.Duration, world, error) {
	begun := time.Now()
	for {
		w, err := look(ctx, s.set, s.hub)
		if err != nil {
			return 0, world{}, err
		}
		took := time.Since(begun)
		different, err := w.differences()
		if err != nil {
			return 0, world{}, err
		}
		if len(different) == 0 {
			if different, err = s.still(ctx, w); err != nil || different == nil {
				return took, w, err
			}
		}
		if time.Since(begun) > patience {
			fmt.Fprintf(s.log, "soak: after %s of rest:\n%s\n", patience, strings.Join(different, "\n"))
			return 0, world{}, errDifferent
		}
		pause(ctx, 200*time.Millisecond)
	}
}

// still looks again after a while: where no source has changed, nothing imported may have. nil says that all is well.
func (s *soak) still(ctx context.Context, before world) ([]string, error) {
	pause(ctx, stillness)
	after, err := look(ctx, s.set, s.hub)
	if err != nil {
		return nil, err
	}
	sources, imported := before.versions()
	sourcesAfter, importedAfter := after.versions()
	if cmp.Diff(sources, sourcesAfter) != "" {
		return []string{"the sources themselves still change: " + cmp.Diff(sources, sourcesAfter)}, nil
	}
	if diff := cmp.Diff(imported, importedAfter); diff != "" {
		return []string{"resourceVersions of what is imported, which changed though no source did (-before +after):\n" + diff}, nil
	}
	return nil, nil
}

// summary says how often each act was drawn.
func (s *soak) summary() string {
	var all []string
	for _, w := range weights {
		all = append(all, fmt.Sprintf("%s %d", w.act, s.done[w.act]))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}
