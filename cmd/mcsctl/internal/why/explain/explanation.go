package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// State is how one step of an explanation ended.
type State string

// The states of a step.
const (
	OK      State = "ok"
	Fail    State = "FAIL"
	Skip    State = "skip"
	Unknown State = "?"
)

// Step is one thing that was looked at on the way from the question to the pods.
type Step struct {
	N     int    `json:"n"`
	State State  `json:"state"`
	Name  string `json:"name"`
	Text  string `json:"text"`
	// Cause is the id that a failed step stands for, "" for one that is only a consequence.
	Cause string `json:"cause,omitempty"`
}

// Found is a cause with the fix for this case.
type Found struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Text is what was seen that tells.
	Text string `json:"text"`
	// Fix is a command to paste, or a sentence where no command can do it; Command tells which.
	Fix     string `json:"fix"`
	Command bool   `json:"command"`
	Why     string `json:"why"`
}

// Explanation is why a name resolves as it does.
type Explanation struct {
	// Expected is what the objects of the API ask for, nil where they could not be read.
	Expected *Answer `json:"-"`
	// Resolves says that records are answered and are those that the API asks for.
	Resolves bool   `json:"resolves"`
	Steps    []Step `json:"steps"`
	// Cause is the one to act on first; nil where none was found.
	Cause *Found `json:"cause,omitempty"`
	// Also are other causes that were found, the most pressing first.
	Also []Found `json:"also,omitempty"`
	// Unseen are the checks that could not be made, and why.
	Unseen []string `json:"unseen,omitempty"`
	// Notes are what is worth knowing and wrong with nothing.
	Notes []string `json:"notes,omitempty"`
}

// The statuses of an explanation, as a command exits with them.
const (
	StatusResolves = 0
	StatusCause    = 1
	StatusUnknown  = 2
)

// Status is 0 for a name that resolves as the API says with nothing found to be wrong, 1 where a cause was found, 2 where neither can
// be told.
func (e Explanation) Status() int {
	switch {
	case e.Cause != nil:
		return StatusCause
	case e.Resolves:
		return StatusResolves
	}
	return StatusUnknown
}

// Explain walks from the question to the pods of every exporter and says where the way ends.
func Explain(f Facts) Explanation {
	w := &walk{Facts: f}
	if w.name() {
		w.compare()
		w.resolver()
		w.policy()
		w.corefile()
		w.synced()
		if w.Question.named() {
			w.serviceImport()
			w.addresses()
			w.exporters()
			w.hub()
		}
		w.answer()
	}
	return w.conclude()
}

// walk is an explanation in the making.
type walk struct {
	Facts
	steps  []Step
	found  []Found
	unseen []unseen
	notes  []string

	expected *Answer // nil while it is not known
	works    bool    // the first server answers as the API asks, and is one that serves the zone
	fixed    bool    // the name is one of the zone's own
	written  string  // where the Corefile stands that has the zone served, or sent on to our server; "" where none has
	sent     bool    // the Corefile sends the zone on to the server beside the cluster's own
}

func (w *walk) step(state State, name, format string, args ...any) {
	w.steps = append(w.steps, Step{N: len(w.steps) + 1, State: state, Name: name, Text: fmt.Sprintf(format, args...)})
}

// unknown is a step that could not be made.
func (w *walk) unknown(name, why string) {
	text := why
	if slices.ContainsFunc(w.unseen, func(u unseen) bool { return u.why == why }) {
		text = "not seen either"
	}
	w.step(Unknown, name, "%s", text)
	w.unseen = append(w.unseen, unseen{name, why})
}

// unseen is a check that could not be made.
type unseen struct{ check, why string }

// gathered puts the checks that could not be made for one reason together, in the order in which they were tried.
func gathered(all []unseen) []string {
	var lines, reasons []string
	for _, u := range all {
		if i := slices.Index(reasons, u.why); i >= 0 {
			lines[i] += ", " + u.check
			continue
		}
		lines, reasons = append(lines, u.check), append(reasons, u.why)
	}
	for i := range lines {
		lines[i] += ": " + reasons[i]
	}
	return lines
}

// fail is a step that failed for a cause.
func (w *walk) fail(name, cause string, fix fix, format string, args ...any) {
	w.step(Fail, name, format, args...)
	last := &w.steps[len(w.steps)-1]
	last.Cause = cause
	entry := lookUp(cause)
	w.found = append(w.found, Found{ID: cause, Name: entry.Name, Text: last.Text, Fix: fix.text, Command: !fix.words, Why: entry.Why})
}

func (w *walk) note(format string, args ...any) {
	w.notes = append(w.notes, fmt.Sprintf(format, args...))
}

// has says whether a cause was found already.
func (w *walk) has(cause string) bool {
	return slices.ContainsFunc(w.found, func(f Found) bool { return f.ID == cause })
}

// conclude picks the cause to act on first.
func (w *walk) conclude() Explanation {
	slices.SortStableFunc(w.found, func(a, b Found) int {
		return cmp.Compare(slices.Index(precedence, a.ID), slices.Index(precedence, b.ID))
	})
	e := Explanation{Expected: w.expected, Steps: w.steps, Unseen: gathered(w.unseen), Notes: w.notes}
	e.Resolves = w.works && len(w.Importer.Answers) > 0 && w.Importer.Answers[0].positive()
	for i, found := range w.found {
		switch {
		case i == 0:
			e.Cause = &w.found[0]
		case !slices.ContainsFunc(w.found[:i], func(f Found) bool { return f.ID == found.ID && f.Fix == found.Fix }):
			e.Also = append(e.Also, found)
		}
	}
	return e
}

// few are the first of several words, and how many more there are.
func few(words []string) string {
	const most = 4
	if len(words) <= most {
		return strings.Join(words, " ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(words[:most], " "), len(words)-most)
}

// plural is a count with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if strings.HasSuffix(noun, "s") {
		noun += "e"
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
