package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// print writes the report as Markdown, so that documentation can have it as it is.
func (r *report) print(to io.Writer) error {
	w := bufio.NewWriter(to)
	m := r.Machine
	fmt.Fprintf(w, "%s, %d cores of %s, Linux %s, %s, CoreDNS %s.\n", r.Begun.UTC().Format("2006-01-02 15:04 MST"), m.Cores, m.CPU, m.Kernel, m.Go, m.CoreDNS)
	fmt.Fprintf(w, "Load by %s, %d queries/s at most, %d rounds of %s. Load average of the machine %s at the beginning, %s at the end.\n",
		r.Generator, r.Rate, r.Rounds, r.Round, m.LoadBegun, m.LoadEnded)
	for _, set := range r.Sets {
		set.print(w)
	}
	if len(r.Handler) > 0 {
		fmt.Fprintf(w, "\nThe handler in process (go test -bench):\n\n```\n%s\n```\n", strings.Join(r.Handler, "\n"))
	}
	return w.Flush()
}

func (s *setReport) print(w io.Writer) {
	fmt.Fprintf(w, "\n## %s\n\n%d EndpointSlices, created in %.0f s.", s.Shape, s.Slices, s.PopulateSeconds)
	if s.ComparedNames > 0 {
		fmt.Fprintf(w, " All servers gave the right addresses for a sample of %d names.", s.ComparedNames)
	}
	fmt.Fprintln(w)
	s.printStarts(w)
	s.printCPU(w)
	s.printChanges(w)
	s.printLarge(w)
	s.printOutage(w)
}

func (s *setReport) printStarts(w io.Writer) {
	if len(s.Starts) == 0 {
		return
	}
	rows := [][]string{{"start", "right after, s", "worst", "wrong answers", "CPU, s", "bytes read, MB"}}
	for _, start := range s.Starts {
		var seconds, cpu []float64
		wrongAnswers := 0
		for _, run := range start.Runs {
			seconds, cpu = append(seconds, run.Seconds), append(cpu, run.CPUSeconds)
			wrongAnswers += run.Wrong
		}
		rows = append(rows, []string{
			start.Software, fmt.Sprintf("%.2f", median(seconds)), fmt.Sprintf("%.2f", quantile(seconds, 1)),
			fmt.Sprintf("%d in %d starts", wrongAnswers, len(start.Runs)), fmt.Sprintf("%.2f", median(cpu)), megabytes(start.BytesRead),
		})
	}
	table(w, rows)
	rows = [][]string{{"memory, MB", "heap after sync", "after all was asked", "in use", "RSS after sync", "after all was asked", "peak RSS"}}
	for _, start := range s.Starts {
		rows = append(rows, []string{
			start.Software, megabytes(start.AfterSync.HeapAlloc), megabytes(start.AfterQueries.HeapAlloc), megabytes(start.AfterQueries.HeapInuse),
			megabytes(start.AfterSync.Resident), megabytes(start.AfterQueries.Resident), megabytes(start.AfterQueries.Peak),
		})
	}
	table(w, rows)
}

func (s *setReport) printCPU(w io.Writer) {
	if len(s.CPU) == 0 {
		return
	}
	rows := [][]string{{"CPU for a query, us", ours.id, inTree.id, theFloor.id, "in-tree / ours", "ours / floor", "answer, octets: ours", "in-tree"}}
	for _, mix := range s.CPU {
		mine, theirs, floor := mix.Servers[0], mix.Servers[1], mix.Servers[2]
		row := []string{mix.Title}
		for _, server := range mix.Servers {
			row = append(row, fmt.Sprintf("%.1f", median(server.Microseconds)))
		}
		rows = append(rows, append(row,
			spread(ratios(theirs.Microseconds, mine.Microseconds)), spread(ratios(mine.Microseconds, floor.Microseconds)),
			fmt.Sprint(mine.AnswerBytes), fmt.Sprint(theirs.AnswerBytes)))
	}
	table(w, rows)
}

func (s *setReport) printChanges(w io.Writer) {
	if len(s.Changes) == 0 {
		return
	}
	rows := [][]string{changesHeader("change seen, ms since the PATCH was sent")}
	for _, c := range s.Changes {
		for _, server := range c.Servers {
			rows = append(rows, append([]string{server.Software + ", " + c.Load}, server.cells()...))
		}
	}
	table(w, rows)
}

func (s *setReport) printLarge(w io.Writer) {
	if s.Large == nil {
		return
	}
	rows := [][]string{changesHeader(fmt.Sprintf("one of %d endpoints, ms since the PATCH was sent", s.Large.Endpoints))}
	for _, server := range s.Large.Changes {
		rows = append(rows, append([]string{server.Software}, server.cells()...))
	}
	table(w, rows)
	rows = [][]string{{fmt.Sprintf("CPU, us, for one of %d endpoints", s.Large.Endpoints), ours.id, inTree.id}}
	for _, cost := range s.Large.Costs {
		row := []string{cost.After}
		for _, server := range cost.Servers {
			row = append(row, fmt.Sprintf("%.0f", server.Microseconds))
		}
		rows = append(rows, row)
	}
	table(w, rows)
}

func (s *setReport) printOutage(w io.Writer) {
	if s.Outage == nil {
		return
	}
	rows := [][]string{{"start without the API server", "right after, s", "wrong answers", "CPU, s"}}
	for _, start := range s.Outage.Starts {
		seconds := fmt.Sprintf("%.2f", start.Seconds)
		if start.Seconds < 0 {
			seconds = fmt.Sprintf("never in %s", s.Outage.WatchedFor)
		}
		rows = append(rows, []string{start.Software, seconds, fmt.Sprintf("%d of %d", start.Wrong, start.Asked), fmt.Sprintf("%.2f", start.CPUSeconds)})
	}
	table(w, rows)
	fmt.Fprintf(w, "\nThe snapshot has %s MB.\n", megabytes(s.Outage.SnapshotBytes))
}

func changesHeader(what string) []string {
	return []string{what, "p50", "p99", "write p50", "write p99", "after the write p50", "p99", "queries unanswered", "never seen"}
}

// cells are those of a row under changesHeader, its first apart.
func (s changeServer) cells() []string {
	var cells []string
	for _, values := range [][]float64{s.Seen, s.Written, s.afterWrite()} {
		cells = append(cells, fmt.Sprintf("%.1f", median(values)), fmt.Sprintf("%.1f", quantile(values, 0.99)))
	}
	return append(cells, fmt.Sprint(s.Unanswered), fmt.Sprint(s.Missed))
}

// spread is the median, and between which values the rounds were.
func spread(values []float64) string {
	return fmt.Sprintf("%.2f (%.2f-%.2f)", median(values), quantile(values, 0), quantile(values, 1))
}

func megabytes(octets int64) string { return fmt.Sprintf("%.1f", float64(octets)/1e6) }

// table writes a Markdown table, the first row of which is its header.
func table(w io.Writer, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	fmt.Fprintln(w)
	for n, row := range rows {
		for i, cell := range row {
			align := widths[i]
			if i == 0 {
				align = -align
			}
			fmt.Fprintf(w, "| %*s ", align, cell)
		}
		fmt.Fprintln(w, "|")
		if n > 0 {
			continue
		}
		for i, width := range widths {
			if i == 0 {
				fmt.Fprintf(w, "|%s", strings.Repeat("-", width+2))
				continue
			}
			fmt.Fprintf(w, "|%s:", strings.Repeat("-", width+1))
		}
		fmt.Fprintln(w, "|")
	}
}
