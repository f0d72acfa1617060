package proc

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseStat(t *testing.T) {
	for _, tc := range []struct {
		name, stat string
		want       time.Duration
		wrong      bool
	}{
		{name: "a plain name", stat: "7 (coredns) S 1 7 7 0 -1 4194560 900 0 0 0 150 50 0 0 20 0", want: 2 * time.Second},
		{name: "a name with all that separates fields", stat: "7 (a) b (c) S 1 7 7 0 -1 4194560 900 0 0 0 1 2 0 0 20 0", want: 30 * time.Millisecond},
		{name: "a line that ends early", stat: "7 (coredns) S 1 7", wrong: true},
		{name: "a field that is no number", stat: "7 (coredns) S 1 7 7 0 -1 4194560 900 0 0 0 x 50 0", wrong: true},
		{name: "nothing", wrong: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := parseStat([]byte(tc.stat))
			if got != tc.want || (err != nil) != tc.wrong {
				t.Errorf("%v, %v; want %v, an error: %v", got, err, tc.want, tc.wrong)
			}
		})
	}
}

func TestRunsKnowsThisTest(t *testing.T) {
	if err := Runs(os.Getpid(), os.Args[0]); err != nil {
		t.Error(err)
	}
	if Runs(os.Getpid(), "no such argument") == nil {
		t.Error("a process is taken for one with another argument")
	}
	if cpu, err := CPU(os.Getpid()); err != nil || cpu < 0 {
		t.Errorf("CPU time %v, %v", cpu, err)
	}
	if m, err := MemoryOf(os.Getpid()); err != nil || m.Resident > m.Peak {
		t.Errorf("memory %+v, %v", m, err)
	}
}

func TestParseStatus(t *testing.T) {
	for _, tc := range []struct {
		name, status string
		want         Memory
		wrong        bool
	}{
		{name: "both figures", status: "Name:\tcoredns\nVmHWM:\t   90000 kB\nVmRSS:\t   80000 kB\n", want: Memory{Resident: 80000 << 10, Peak: 90000 << 10}},
		{name: "a process that has ended and holds nothing", status: "Name:\tcoredns\nState:\tZ (zombie)\n", wrong: true},
		{name: "a figure that is no number", status: "VmHWM:\tmuch kB\n", wrong: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := parseStatus(tc.status)
			if (err != nil) != tc.wrong {
				t.Errorf("error %v, want one: %v", err, tc.wrong)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("memory (-want +got):\n%s", diff)
			}
		})
	}
}
