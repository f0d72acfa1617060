package main

import (
	"flag"
	"fmt"
	"io"
)

// size is the size of one data set.
type size struct {
	// Members is how many members there are beside the real one.
	Members int `json:"members"`
	// Exports is how many services each of them exports, under names of its own.
	Exports int `json:"exports"`
	// Endpoints is how many endpoints each of these has, all in one slice.
	Endpoints int `json:"endpoints"`
}

// imports is how many imports the data set makes.
func (s size) imports() int { return s.Members * s.Exports }

// options are what the flags say.
type options struct {
	sizes []size
	// samples is how many exports and changes are measured, idle and under load each.
	samples int
	// rate is how many other changes a second are made for load.
	rate int
	// json is the file that the figures go to beside the table; "" is none.
	json string
}

// The data sets that are measured without flags, and the one of -quick.
var (
	wholeSizes = []size{{Members: 10, Exports: 1000, Endpoints: 10}, {Members: 40, Exports: 250, Endpoints: 10}}
	quickSizes = []size{{Members: 4, Exports: 25, Endpoints: 10}}
)

// maxEndpoints is as many as one slice takes.
const maxEndpoints = 1000

func parseOptions(arguments []string, usage io.Writer) (options, error) {
	flags := flag.NewFlagSet("sync", flag.ContinueOnError)
	flags.SetOutput(usage)
	quick := flags.Bool("quick", false, "a small data set and few samples: to see that it works, not how fast")
	var one size
	flags.IntVar(&one.Members, "members", 0, "measure one data set, with this many members beside the real one")
	flags.IntVar(&one.Exports, "exports", 0, "exports of each member of that data set")
	flags.IntVar(&one.Endpoints, "endpoints", 0, "endpoints of each export of that data set")
	file := flags.String("json", "", "also write the figures to this file")
	if err := flags.Parse(arguments); err != nil {
		return options{}, err
	}
	if flags.NArg() > 0 {
		return options{}, fmt.Errorf("reading flags: %q is not one", flags.Arg(0))
	}
	o := options{sizes: wholeSizes, samples: 50, rate: 100, json: *file}
	if *quick {
		o.sizes, o.samples = quickSizes, 5
	}
	if one == (size{}) {
		return o, nil
	}
	for _, f := range []struct {
		into     *int
		standard int
		most     int
		name     string
	}{
		{&one.Members, o.sizes[0].Members, 200, "members"},
		{&one.Exports, o.sizes[0].Exports, 60_000, "exports"},
		{&one.Endpoints, o.sizes[0].Endpoints, maxEndpoints, "endpoints"},
	} {
		if *f.into == 0 {
			*f.into = f.standard
		}
		if *f.into < 1 || *f.into > f.most {
			return options{}, fmt.Errorf("reading -%s=%d: it must be within 1 and %d", f.name, *f.into, f.most)
		}
	}
	// Every import takes an address of the member's range of 65,536, and so do the samples.
	if one.imports() > 60_000 {
		return options{}, fmt.Errorf("reading -members=%d -exports=%d: they make %d imports, more than the 60000 addresses there are", one.Members, one.Exports, one.imports())
	}
	o.sizes = []size{one}
	return o, nil
}
