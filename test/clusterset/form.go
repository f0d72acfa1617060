package clusterset

import (
	"fmt"
	"os"
	"strings"
)

// reportVariable names the file in which `make test` collects what the tests ran on and what they left out.
const reportVariable = "LAB_REPORT"

// NoteForm notes for `make test` which form of the lab the clusterset runs on, and what tests of all of it thereby leave out. Without
// `make test` there is nobody to tell and it does nothing.
func (s *Clusterset) NoteForm() error {
	report := os.Getenv(reportVariable)
	if report == "" {
		return nil
	}
	file, err := os.OpenFile(report, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("noting what is left out: %w", err)
	}
	isolation, traffic := s.Lab.Isolation(), s.Lab.Traffic()
	var lines strings.Builder
	fmt.Fprintf(&lines, "%s; connections by %s\n", isolation.Mode, traffic)
	if reason, none := strings.CutPrefix(traffic, "none: "); none {
		fmt.Fprintf(&lines, "left out: connections to virtual addresses and pods: %s\n", reason)
	}
	if !isolation.IPv6 {
		fmt.Fprintln(&lines, "left out: IPv6: the lab's clusters have none on this machine")
	}
	if _, err := file.WriteString(lines.String()); err != nil {
		_ = file.Close() // what was not written is the error that matters
		return fmt.Errorf("noting what is left out: %w", err)
	}
	return file.Close()
}
