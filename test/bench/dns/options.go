package main

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/multicluster-dns/multicluster-dns/test/bench/dns/internal/dataset"
	"github.com/multicluster-dns/multicluster-dns/test/bench/dns/internal/load"
)

// options is what one run measures. Every part of it is bounded.
type options struct {
	// data are the data sets on which starts are measured: time, memory, bytes read. loaded are those of them on which
	// queries and updates are measured too.
	data, loaded []dataset.Shape
	seed         uint64

	generator string
	mixes     []string // names; none: all
	rounds    int
	round     time.Duration
	rate      int // queries in a second

	starts   int
	outage   time.Duration // how long a start without the API server is watched
	changes  int           // measured one by one
	large    int           // endpoints of the large service
	handler  bool
	json     string // file; empty: none
	profiles string // directory; empty: none

	arguments []string
}

// parseOptions reads the command line. An error has been printed with the usage.
func parseOptions(arguments []string) (options, error) {
	o := options{arguments: arguments}
	var data, loaded, mixes string
	var quick bool
	flags := flag.NewFlagSet("bench-dns", flag.ContinueOnError)
	flags.StringVar(&data, "data", "M,L", "data sets on which starts, memory and bytes read are measured, of S, M and L")
	flags.StringVar(&loaded, "loaded", "M", "those of them on which queries and updates are measured too")
	flags.Uint64Var(&o.seed, "seed", 1, "of the data and the questions")
	flags.StringVar(&o.generator, "generator", "auto", "of load: "+load.Generators)
	flags.StringVar(&mixes, "mixes", "", "kinds of load, by name; none means all")
	flags.IntVar(&o.rounds, "rounds", 5, "how often each kind of load is given to each server in turn")
	flags.DurationVar(&o.round, "round", 4*time.Second, "how long each time")
	flags.IntVar(&o.rate, "rate", 60000, "queries in a second, at most; where a server cannot give so many answers, it is loaded to its limit")
	flags.IntVar(&o.starts, "starts", 5, "starts of each server")
	flags.DurationVar(&o.outage, "outage", 10*time.Second, "how long a start without the API server is watched")
	flags.IntVar(&o.changes, "changes", 200, "changes of an EndpointSlice followed to the answer, for each server, idle and busy")
	flags.IntVar(&o.large, "large", 10000, "endpoints of the service that changes by one")
	flags.BoolVar(&o.handler, "handler", true, "run the plugin's own benchmarks too")
	flags.StringVar(&o.json, "json", "", "file for all figures, round by round")
	flags.StringVar(&o.profiles, "profiles", "", "directory for a CPU profile of each server under each kind of load, taken apart from the figures")
	flags.BoolVar(&quick, "quick", false, "seconds on data set S: shows that everything works, and no figure worth keeping")
	if err := flags.Parse(arguments); err != nil {
		return options{}, err
	}
	if quick {
		data, loaded = "S", "S"
		o.rounds, o.round, o.rate, o.starts = 1, 300*time.Millisecond, 2000, 1
		o.outage, o.changes, o.large, o.handler = 2*time.Second, 4, 500, false
	}
	err := o.complete(flags, data, loaded, mixes)
	if err != nil {
		fmt.Fprintln(flags.Output(), err)
	}
	return o, err
}

func (o *options) complete(flags *flag.FlagSet, data, loaded, mixes string) error {
	var err error
	if o.data, err = shapes(data); err != nil {
		return err
	}
	if o.loaded, err = shapes(loaded); err != nil {
		return err
	}
	o.mixes = words(mixes)
	for _, shape := range o.loaded {
		if !slices.Contains(o.data, shape) {
			return fmt.Errorf("choosing data set %q for -loaded: it is not in -data", shape.Name)
		}
	}
	for name, value := range map[string]int{"rounds": o.rounds, "rate": o.rate, "starts": o.starts, "changes": o.changes, "large": o.large} {
		if value < 1 {
			return fmt.Errorf("choosing -%s %d: it must be at least 1", name, value)
		}
	}
	for name, value := range map[string]time.Duration{"round": o.round, "outage": o.outage} {
		if value <= 0 {
			return fmt.Errorf("choosing -%s %s: it must be longer than nothing", name, value)
		}
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("reading arguments: %q is not a flag", flags.Arg(0))
	}
	return nil
}

// loads says whether servers are given the kind of load.
func (o options) loads(mix string) bool { return len(o.mixes) == 0 || slices.Contains(o.mixes, mix) }

// shapes are the data sets of a list of names.
func shapes(list string) ([]dataset.Shape, error) {
	var all []dataset.Shape
	for _, name := range words(list) {
		shape, err := dataset.ShapeOf(name)
		if err != nil {
			return nil, err
		}
		all = append(all, shape)
	}
	return all, nil
}

// words splits a list at its commas.
func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}
