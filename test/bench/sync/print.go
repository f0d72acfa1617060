package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// The targets that are printed beside the figures.
const (
	targetPerSecond = 300.0
	targetReady     = 10.0
	targetMedian    = 50.0
	targetWorst     = 250.0
	targetLoaded    = 1000.0
	targetResident  = 250 << 20
)

// print prints the figures as a table.
func (f figures) print(out io.Writer) {
	row := func(what, value, target string, met bool) {
		verdict := ""
		switch {
		case target != "" && met:
			verdict = "met"
		case target != "":
			verdict = "MISSED"
		}
		fmt.Fprintf(out, "  %-46s %-36s %-12s %s\n", what, value, target, verdict)
	}
	fmt.Fprintf(out, "\n%d members x %d exports x %d endpoints\n", f.Size.Members, f.Size.Exports, f.Size.Endpoints)
	fmt.Fprintf(out, "  %-46s %-36s %s\n", "", "measured", "target")
	row("cold start: objects written", fmt.Sprintf("%.0f/s (%d in %.1f s)", f.Cold.PerSecond, f.Cold.Objects, f.Cold.Took), ">= 300/s", f.Cold.PerSecond >= targetPerSecond)
	row("cold start: ready", fmt.Sprintf("%.1f s", f.Cold.Ready), "", false)
	row("cold start: processors used by API servers", fmt.Sprintf("member %.2f, hub %.2f", f.Cold.MemberCPU, f.Cold.HubCPU), "", false)
	row("cold start: processor time of the controller", fmt.Sprintf("%.1f s", f.Cold.ControllerCPU), "", false)
	row("cold start: processor time for an object", f.Cold.eachObject(), "", false)
	row("cold start: writes refused", fmt.Sprint(f.Cold.Refused), "", false)
	row("restart: ready", fmt.Sprintf("%.1f s (idle after %.1f s)", f.Restart.Ready, f.Restart.Idle), "< 10 s", f.Restart.Ready < targetReady)
	row("restart: writes in the member", counts(f.Restart.MemberWrites, 1), "0", total(f.Restart.MemberWrites) == 0)
	row("restart: writes on the hub", counts(f.Restart.HubWrites, 1), "0", total(f.Restart.HubWrites) == 0)
	row("own pod changes: writes on the hub", counts(f.Pod.OwnHub, f.Pod.Changes), "1", total(f.Pod.OwnHub) == f.Pod.Changes)
	row("own pod changes: writes in the member", counts(f.Pod.OwnMember, f.Pod.Changes), "1", total(f.Pod.OwnMember) == f.Pod.Changes)
	row("another's pod changes: writes in the member", counts(f.Pod.OthersMember, f.Pod.Changes), "1", total(f.Pod.OthersMember) == f.Pod.Changes)
	row("another's pod changes: writes on the hub", counts(f.Pod.OthersHub, f.Pod.Changes), "0", total(f.Pod.OthersHub) == 0)
	f.Idle.print(out, "idle", func(p50, p99 float64) (string, bool) {
		return "50 / 250", p50 <= targetMedian && p99 <= targetWorst
	})
	f.Loaded.print(out, fmt.Sprintf("%.0f other changes/s", f.Load), func(_, p99 float64) (string, bool) {
		return "- / 1000", p99 <= targetLoaded
	})
	f.Backlog.print(out, "during the backlog of the cold start", func(_, p99 float64) (string, bool) {
		return "- / 1000", p99 <= targetLoaded
	})
	row("memory: resident, heap in use, heap allocated", fmt.Sprintf("%s, %s, %s", megabytes(f.Memory.Resident), megabytes(f.Memory.HeapInUse), megabytes(f.Memory.HeapAllocated)),
		"<= 250 MB", f.Memory.Resident <= targetResident)
	row("memory: most resident", megabytes(f.Memory.PeakResident), "", false)
}

// print prints what samples took under one circumstance, and whether the sum of both halves is within a target.
func (s samples) print(out io.Writer, circumstance string, judge func(p50, p99 float64) (target string, met bool)) {
	fmt.Fprintf(out, "  %s, %d samples, milliseconds\n", circumstance, len(s.Export))
	for _, line := range []struct {
		what   string
		values []float64
		judged bool
	}{
		{"annotation -> record on the hub", s.ExportToHub, false},
		{"record on the hub -> import with address and slice", s.ExportFromHub, false},
		{"annotation -> import", s.Export, true},
		{"endpoint -> record on the hub", s.ChangeToHub, false},
		{"record on the hub -> imported slice", s.ChangeFromHub, false},
		{"endpoint -> imported slice", s.Change, true},
	} {
		p50, p99 := percentile(line.values, 0.5), percentile(line.values, 0.99)
		text := fmt.Sprintf("    %-50s p50 %8.1f  p99 %8.1f", line.what, p50, p99)
		if line.judged {
			target, met := judge(p50, p99)
			verdict := "MISSED"
			if met {
				verdict = "met"
			}
			text += fmt.Sprintf("      %-12s %s", target, verdict)
		}
		fmt.Fprintln(out, text)
	}
}

// counts says how many writes there were for each of n changes, and of what.
func counts(writes map[string]int, n int) string {
	if len(writes) == 0 {
		return "0"
	}
	var each []string
	for _, what := range slices.Sorted(maps.Keys(writes)) {
		each = append(each, fmt.Sprintf("%s %.3g", what, float64(writes[what])/float64(max(n, 1))))
	}
	return fmt.Sprintf("%.3g (%s)", float64(total(writes))/float64(max(n, 1)), strings.Join(each, ", "))
}

func megabytes(octets int64) string { return fmt.Sprintf("%.0f MB", float64(octets)/(1<<20)) }
