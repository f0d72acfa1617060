package why

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
)

// row is one cause, produced for real. In its texts {ns} stands for the namespace that the row has for itself, and {5301} for the address of the second server at that port.
type row struct {
	cause string
	how   string
	// ask are the arguments of mcsctl why.
	ask string
	// well are those that must find nothing wrong before, where they differ from ask; "-" asks nothing before.
	well string
	// set makes the world in which all is well, breaks breaks it.
	set, breaks func(ctx context.Context, ns string) error
	// fix is the fix that must be given.
	fix string
	// play does what the fix asks for, where that is no command to run here, and why is the reason.
	play func(ctx context.Context, ns string) error
	why  string
	// heal restores what others need, after the row.
	heal func(ctx context.Context, ns string) error
	// after are the arguments that must find nothing wrong in the end, where they differ from ask; "fix" runs the fix itself.
	after string
}

// in fills in what only the run knows: the row's namespace, its derived Service, and where the second servers are.
func (r row) in(text, ns string) string {
	words := []string{"{ns}", ns, "{derived}", derived(ns)}
	for _, s := range []*second{cache, alien, unread, nobody} {
		words = append(words, fmt.Sprintf("{%d}", s.port), s.address())
	}
	return strings.NewReplacer(words...).Replace(text)
}

// TestEveryCause breaks one thing after the other, and at the same time what does not get in each other's way.
func TestEveryCause(t *testing.T) {
	stopNorth(t)
	t.Run("objects", func(t *testing.T) {
		for _, r := range objectRows {
			t.Run(r.cause+" "+r.how, func(t *testing.T) { t.Parallel(); r.run(t) })
		}
	})
	for _, chapter := range []struct {
		name string
		rows []row
	}{{"servers", serverRows}, {"members", memberRows}} {
		t.Run(chapter.name, func(t *testing.T) {
			for _, r := range chapter.rows {
				t.Run(r.cause+" "+r.how, func(t *testing.T) { r.run(t) })
			}
		})
	}
}

// run plays one row from good to broken and back.
func (r row) run(t *testing.T) {
	result := results.begin(t, r)
	ns := "row-" + strings.ToLower(strings.Trim(regexp.MustCompile(`[^A-Za-z0-9]+`).ReplaceAllString(r.cause+"-"+r.how, "-"), "-"))
	ns = strings.Trim(ns[:min(len(ns), 40)], "-")
	ask := r.in(r.ask, ns)
	must(t, "preparing", func(ctx context.Context) error { return prepare(ctx, ns) })
	if r.set != nil {
		must(t, "setting up", func(ctx context.Context) error { return r.set(ctx, ns) })
	}
	switch r.well {
	case "-":
	case "":
		resolves(t, "before it is broken all is well", ask)
	default:
		resolves(t, "before it is broken all is well", r.in(r.well, ns))
	}
	if r.heal != nil {
		defer must(t, "restoring", func(ctx context.Context) error { return r.heal(context.WithoutCancel(ctx), ns) })
	}
	if r.breaks != nil {
		must(t, "breaking", func(ctx context.Context) error { return r.breaks(ctx, ns) })
	}
	var found explained
	eventually(t, "why names "+r.cause+" and its fix", func(ctx context.Context) error {
		e, err := why(ctx, ask)
		if err != nil {
			return err
		}
		found = e
		if e.Cause == nil || e.Cause.ID != r.cause || e.Cause.Fix != r.in(r.fix, ns) || e.Status != 1 {
			return errors.New("want " + r.cause + " and " + r.in(r.fix, ns) + "\n" + e.String())
		}
		return nil
	})
	switch {
	case r.play != nil:
		must(t, "doing what the fix asks", func(ctx context.Context) error { return r.play(ctx, ns) })
		result.fixed("as asked: " + r.why)
	case !found.Cause.Command:
		t.Fatalf("the fix is no command, and the row does not say how it is done: %s", found.Cause.Fix)
	default:
		out, status, err := shell(t.Context(), found.Cause.Fix)
		if err != nil || status != 0 {
			t.Fatalf("the fix ends with %d, %v:\n%s\n%s", status, err, found.Cause.Fix, out)
		}
		result.fixed("run")
	}
	switch r.after {
	case "fix":
		return // it was a question, and found nothing wrong
	case "":
		resolves(t, "after the fix all is well", ask)
	default:
		resolves(t, "after the fix all is well", r.in(r.after, ns))
	}
}

func must(t *testing.T, what string, do func(ctx context.Context) error) {
	t.Helper()
	if err := do(t.Context()); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// results is the matrix at the end.
var results matrix

type matrix struct {
	mu   sync.Mutex
	rows []*result
}

type result struct {
	cause, how, fix, outcome string
}

func (m *matrix) begin(t *testing.T, r row) *result {
	line := &result{cause: r.cause, how: r.how, fix: "-", outcome: "not finished"}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rows = append(m.rows, line)
	t.Cleanup(func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		line.outcome = map[bool]string{true: "FAIL", false: "named, fixed"}[t.Failed()]
	})
	return line
}

func (l *result) fixed(how string) {
	results.mu.Lock()
	defer results.mu.Unlock()
	l.fix = how
}

func (m *matrix) print(w io.Writer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.rows) == 0 {
		return
	}
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "\ncause\tbroken how\tresult\tfix")
	good := 0
	for _, line := range m.rows {
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", line.cause, line.how, line.outcome, line.fix)
		if line.outcome == "named, fixed" {
			good++
		}
	}
	_ = out.Flush() // as with every line for the terminal
	fmt.Fprintf(w, "%d of %d rows: the cause is named and its fix fixes it\n", good, len(m.rows))
}

// TestTheMatrixHasEveryCause compares the rows with the page of causes.
func TestTheMatrixHasEveryCause(t *testing.T) {
	page, err := os.ReadFile("../../docs/why.md")
	if err != nil {
		t.Fatal(err)
	}
	broken := map[string]bool{}
	for _, rows := range [][]row{objectRows, serverRows, memberRows} {
		for _, r := range rows {
			broken[r.cause] = true
		}
	}
	listed := regexp.MustCompile(`(?m)^## (MCS-\d{3})`).FindAllStringSubmatch(string(page), -1)
	if len(listed) < 25 {
		t.Fatalf("docs/why.md has %d causes, want more", len(listed))
	}
	for _, match := range listed {
		if !broken[match[1]] {
			t.Errorf("%s is in the catalogue and in no row", match[1])
		}
	}
}
