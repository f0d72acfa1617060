package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

// TestMain lets the test binary be the programs that scripts call, under their names; under its own it runs the tests.
func TestMain(m *testing.M) {
	switch filepath.Base(os.Args[0]) {
	case programName, pluginName: // started by a script, and therefore where it has to be
	default:
		flag.Parse()
		if !testing.Short() {
			if _, err := lab.Enter(); err != nil {
				fmt.Fprintln(os.Stderr, "mcsctl tests:", err)
				os.Exit(1)
			}
		}
	}
	testscript.Main(thenStop{m}, map[string]func(){programName: main, pluginName: main})
}

// thenStop ends the clusterset that scripts shared, after the tests.
type thenStop struct{ m *testing.M }

func (t thenStop) Run() int {
	code := t.m.Run()
	if err := shared.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "mcsctl tests:", err)
		return 1
	}
	return code
}

// TestScripts runs the commands as they are typed: see testdata/script/README.md for what scripts can do.
func TestScripts(t *testing.T) {
	testscript.RunT(oneByOne{t}, testscript.Params{
		Dir:                filepath.Join("testdata", "script"),
		RequireUniqueNames: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"clusterset": useClusterset,
			"until":      until,
			"controller": onMember(controllerVerbs),
			"dns":        onMember(dnsVerbs),
			"status":     endsWith,
		},
	})
}

// oneByOne runs scripts in order, since they share one clusterset and some break it for a while.
type oneByOne struct{ *testing.T }

func (o oneByOne) Parallel() {}

func (o oneByOne) Run(name string, f func(testscript.T)) {
	o.T.Run(name, func(t *testing.T) { f(oneByOne{t}) })
}

func (o oneByOne) Verbose() bool { return testing.Verbose() }

// patience bounds every until; one that succeeds takes milliseconds to seconds.
const patience = 3 * time.Minute

// until runs a command again and again until it succeeds, or with -out REGEXP until it succeeds and prints that:
//
//	until exec kubectl get namespace shop
//	until -out 'Ready' mcsctl get exports
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("until cannot be negated: say what is to become true")
	}
	wanted := regexp.MustCompile("")
	if len(args) > 1 && args[0] == "-out" {
		wanted, args = regexp.MustCompile("(?m)"+args[1]), args[2:]
	}
	if len(args) > 0 && args[0] == "exec" {
		args = args[1:]
	}
	if len(args) == 0 {
		ts.Fatalf("usage: until [-out REGEXP] COMMAND [ARGUMENT...]")
	}
	deadline := time.After(patience)
	pace := time.NewTicker(200 * time.Millisecond)
	defer pace.Stop()
	for {
		err := ts.Exec(args[0], args[1:]...)
		out := ts.ReadFile("stdout")
		if err == nil && wanted.MatchString(out) {
			return
		}
		select {
		case <-pace.C:
		case <-deadline:
			ts.Fatalf("%s did not come to %q within %v: %v\nit printed:\n%s%s", strings.Join(args, " "), wanted, patience, err, out, ts.ReadFile("stderr"))
		}
	}
}

// endsWith runs a command and holds it to its exit status:
//
//	status 64 mcsctl get
func endsWith(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND [ARGUMENT...]")
	}
	got := "0"
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("%s ended with %s, want %s\n%s%s", strings.Join(args[1:], " "), got, args[0], ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

// withPatience is the context of one step of a script.
func withPatience() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), patience)
}
