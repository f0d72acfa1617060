package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// programs is the directory of the servers.
var programs string

func TestMain(m *testing.M) { os.Exit(enterAndTest(m)) }

func enterAndTest(m *testing.M) int {
	flag.Parse()
	if !testing.Short() {
		var err error
		if programs, err = enter(); err != nil {
			fmt.Fprintln(os.Stderr, "bench-dns:", err)
			return 1
		}
		defer os.RemoveAll(programs)
	}
	return m.Run()
}

// TestQuick runs the whole command as -quick does. What it measured is of no interest; that it measured is.
func TestQuick(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test starts a control plane")
	}
	file := filepath.Join(t.TempDir(), "figures.json")
	o, err := parseOptions([]string{"-quick", "-json", file})
	if err != nil {
		t.Fatal(err)
	}
	var printed, progress bytes.Buffer
	if err := run(t.Context(), o, programs, &printed, &progress); err != nil {
		t.Fatalf("%v\n%s", err, progress.String())
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(content, &r); err != nil {
		t.Fatal(err)
	}
	if problem := missing(r); problem != "" {
		t.Errorf("%s:\n%s", problem, printed.String())
	}
}

// allMixes is how many kinds of load there are.
const allMixes = 8

// missing names the first figure that a report of -quick lacks.
func missing(r report) string {
	if len(r.Sets) != 1 {
		return fmt.Sprintf("there are %d data sets", len(r.Sets))
	}
	set := r.Sets[0]
	if set.ComparedNames == 0 || set.Slices == 0 || len(set.CPU) != allMixes || len(set.Changes) != 2 || set.Large == nil || set.Outage == nil {
		return "a part of the figures is not there"
	}
	for _, start := range set.Starts {
		if len(start.Runs) == 0 || start.BytesRead == 0 || start.AfterQueries.HeapAlloc == 0 || start.AfterQueries.Resident == 0 {
			return "a start has no figures"
		}
	}
	for _, mix := range set.CPU {
		for _, server := range mix.Servers {
			if len(server.Microseconds) != r.Rounds || server.AnswerBytes == 0 {
				return fmt.Sprintf("mix %s of %s has no figures", mix.Mix, server.Software)
			}
		}
	}
	for _, c := range append(set.Changes, changeReport{Servers: set.Large.Changes}) {
		for _, server := range c.Servers {
			if len(server.Seen) == 0 {
				return "changes of " + server.Software + " have no figures"
			}
		}
	}
	return ""
}

func TestKindsOfLoad(t *testing.T) {
	for _, tc := range []struct {
		name, mixes string
		want        bool
	}{
		{"all, where none is named", "", true},
		{"the one that is named", "clustersetip", true},
		{"one of those that are named", "headless, clustersetip", true},
		{"none but those that are named", "headless", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o, err := parseOptions([]string{"-mixes", tc.mixes})
			if err != nil {
				t.Fatal(err)
			}
			if got := o.loads("clustersetip"); got != tc.want {
				t.Errorf("-mixes %q: clustersetip is given: %v, want %v", tc.mixes, got, tc.want)
			}
		})
	}
}

func TestOptionsRefuse(t *testing.T) {
	for _, tc := range []struct {
		name      string
		arguments string
	}{
		{"an unknown data set", "-data X"},
		{"load on a data set that is not made", "-data S -loaded M"},
		{"no round", "-rounds 0"},
		{"rounds of no time", "-round 0s"},
		{"an argument that is no flag", "M"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := parseOptions(strings.Fields(tc.arguments)); err == nil {
				t.Error("there is no error")
			}
		})
	}
}
