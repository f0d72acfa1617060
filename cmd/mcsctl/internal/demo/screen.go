package demo

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// ErrShown is returned by a command whose failure stands on the screen already.
var ErrShown = errors.New("the failure has been shown")

// screen is where the demo tells its story: one line a step while it sets up, then the story itself, a check at a time.
type screen struct {
	out            io.Writer
	begun          time.Time
	checks, passed int
	left           []string // checks that this machine cannot make, with the reason
}

// setUp reports one step of preparation.
func (s *screen) setUp(step, what string, took time.Duration) {
	if first, rest, several := strings.Cut(step, " "); several {
		step, what = first, fmt.Sprintf("%-5s %s", rest, what)
	}
	fmt.Fprintf(s.out, " %-8s %-58s %6.1fs\n", step, what, took.Seconds())
}

// say prints a line of the story.
func (s *screen) say(format string, args ...any) {
	fmt.Fprintf(s.out, format+"\n", args...)
}

// prompt prints a command as a person in that cluster would type it.
func (s *screen) prompt(heading, cluster, command string) {
	fmt.Fprintf(s.out, "%-8s %s$ %s\n", heading, cluster, command)
}

// shows prints what a command printed, under its prompt.
func (s *screen) shows(lines ...string) {
	for _, line := range lines {
		fmt.Fprintf(s.out, "         %s\n", line)
	}
}

// leaveOut counts a check that cannot be made here.
func (s *screen) leaveOut(reason string) {
	s.checks++
	s.left = append(s.left, reason)
}

// pass counts a check that held.
func (s *screen) pass() {
	s.checks++
	s.passed++
}

// verdict is the demo's last line.
func (s *screen) verdict() string {
	took := time.Since(s.begun).Seconds()
	if len(s.left) == 0 {
		return fmt.Sprintf("demo: PASS %d/%d checks in %.1fs", s.passed, s.checks, took)
	}
	return fmt.Sprintf("demo: PASS %d/%d checks, %d left out: %s, in %.1fs", s.passed, s.checks, len(s.left), strings.Join(unique(s.left), "; "), took)
}

// fail prints what went wrong at which step and the end of the log that explains it.
func (s *screen) fail(step string, err error, log string) {
	fmt.Fprintf(s.out, "\ndemo: FAIL at %q after %d checks: %v\n", step, s.passed, err)
	if log == "" {
		return
	}
	content, readErr := os.ReadFile(log)
	if readErr != nil {
		fmt.Fprintf(s.out, "its log cannot be read: %v\n", readErr)
		return
	}
	lines := strings.Split(strings.TrimRight(string(content), "\n"), "\n")
	fmt.Fprintf(s.out, "the end of %s:\n", log)
	for _, line := range lines[max(0, len(lines)-20):] {
		fmt.Fprintf(s.out, "  | %s\n", line)
	}
}

func unique(reasons []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, reason := range reasons {
		if !seen[reason] {
			seen[reason] = true
			out = append(out, reason)
		}
	}
	return out
}
