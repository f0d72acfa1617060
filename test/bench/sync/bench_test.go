package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMain(m *testing.M) { os.Exit(enterAndTest(m)) }

func enterAndTest(m *testing.M) int {
	flag.Parse()
	if !testing.Short() {
		if err := enter(); err != nil {
			fmt.Fprintln(os.Stderr, "bench-sync:", err)
			return 1
		}
	}
	return m.Run()
}

// TestQuick runs the whole command as -quick does. How fast it was is of no interest; that it measured is, and what no machine changes.
func TestQuick(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test starts control planes")
	}
	file := filepath.Join(t.TempDir(), "figures.json")
	o, err := parseOptions([]string{"-quick", "-json", file}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var printed, progress bytes.Buffer
	if err := run(t.Context(), o, &printed, &progress); err != nil {
		t.Fatalf("%v\n%s", err, progress.String())
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []figures
	if err := json.Unmarshal(content, &all); err != nil || len(all) != 1 {
		t.Fatalf("reading the figures of one data set: %v\n%s", err, content)
	}
	f := all[0]
	for _, tc := range []struct {
		name string
		spec string
		want map[string]int
		got  map[string]int
	}{
		{"a restart writes nothing in the member", "scenario 46", map[string]int{}, f.Restart.MemberWrites},
		{"a restart writes nothing on the hub", "scenario 46", map[string]int{}, f.Restart.HubWrites},
		{"a pod's change is one write on the hub", "decision 5", map[string]int{"PUT exportedendpointslices": f.Pod.Changes}, f.Pod.OwnHub},
		{"a pod's change is one write in its own cluster", "decision 5", map[string]int{"PUT endpointslices": f.Pod.Changes}, f.Pod.OwnMember},
		{"another's pod change is one write", "decision 5", map[string]int{"PUT endpointslices": f.Pod.Changes}, f.Pod.OthersMember},
		{"another's pod change is no write on the hub", "decision 5", map[string]int{}, f.Pod.OthersHub},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.got); diff != "" {
				t.Errorf("%s: writes (-want +got):\n%s", tc.spec, diff)
			}
		})
	}
	if f.Cold.Objects < 3*f.Size.imports() || f.Memory.Resident == 0 || f.Memory.HeapInUse == 0 || f.Cold.MemberCPU == 0 {
		t.Errorf("a figure is missing:\n%s", printed.String())
	}
	for name, s := range map[string]samples{"idle": f.Idle, "loaded": f.Loaded, "backlog": f.Backlog} {
		if len(s.Export) == 0 || len(s.Change) == 0 {
			t.Errorf("%s: there are no samples:\n%s", name, printed.String())
		}
	}
}

func TestOptions(t *testing.T) {
	for _, tc := range []struct {
		name      string
		arguments string
		want      []size
	}{
		{"two data sets of ten thousand imports by default", "", []size{{10, 1000, 10}, {40, 250, 10}}},
		{"a small one to try", "-quick", []size{{4, 25, 10}}},
		{"one of a given size", "-members 3 -exports 5 -endpoints 7", []size{{3, 5, 7}}},
		{"what is not given is as by default", "-members 3", []size{{3, 1000, 10}}},
		{"an argument that is no flag is refused", "3", nil},
		{"more imports than there are addresses are refused", "-members 100 -exports 1000", nil},
		{"more endpoints than a slice takes are refused", "-endpoints 1001", nil},
		{"fewer members than one are refused", "-members -1", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o, err := parseOptions(strings.Fields(tc.arguments), io.Discard)
			if (err != nil) != (tc.want == nil) {
				t.Fatalf("the error is %v", err)
			}
			if diff := cmp.Diff(tc.want, o.sizes); diff != "" {
				t.Errorf("sizes (-want +got):\n%s", diff)
			}
		})
	}
}
