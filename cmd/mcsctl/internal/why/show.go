package why

import (
	"fmt"
	"strings"
	"time"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/why/explain"
)

// report is what -o json and -o yaml write. Its fields only ever grow.
type report struct {
	Question struct {
		Name string `json:"name"`
		Type string `json:"type"`
	} `json:"question"`
	// Context is where it was asked, and Hub the context of the clusterset's hub.
	Context string         `json:"context"`
	Hub     string         `json:"hub,omitempty"`
	Answers []serverAnswer `json:"answers"`
	// Expected is what the objects of the API ask for.
	Expected *serverAnswer `json:"expected,omitempty"`
	explain.Explanation
	// Status is what the command exits with.
	Status int `json:"status"`
}

// serverAnswer is what one server said.
type serverAnswer struct {
	Server       string   `json:"server"`
	Rcode        string   `json:"rcode,omitempty"`
	Records      []string `json:"records,omitempty"`
	Milliseconds float64  `json:"milliseconds,omitempty"`
	Error        string   `json:"error,omitempty"`
}

func answerOf(a explain.Answer) serverAnswer {
	return serverAnswer{Server: a.Server, Rcode: a.Rcode, Records: a.Records, Milliseconds: float64(a.Took.Microseconds()) / 1000, Error: a.Err}
}

// show writes an explanation in the form that was asked for.
func show(s *screen.Screen, f explain.Facts, e explain.Explanation) error {
	if s.Structured() {
		r := report{Context: f.Importer.Context, Hub: f.Hub.Context, Answers: []serverAnswer{}, Explanation: e, Status: e.Status()}
		r.Question.Name, r.Question.Type = f.Question.Name, f.Question.TypeName()
		for _, a := range f.Importer.Answers {
			r.Answers = append(r.Answers, answerOf(a))
		}
		if e.Expected != nil {
			expected := answerOf(*e.Expected)
			r.Expected = &expected
		}
		return s.Object(r)
	}
	s.Paragraph(2, headline(f))
	for _, step := range e.Steps {
		s.Paragraph(stepIndent, line(s, step, e.Cause))
	}
	for _, note := range e.Notes {
		s.Paragraph(len("note: "), "note: "+note)
	}
	switch {
	case e.Cause != nil:
		remedy(s, s.Warn("fix:")+" ", *e.Cause)
		s.Paragraph(len("why: "), "why: "+e.Cause.Why)
	case e.Resolves:
		s.Printf("%s\n", s.Good("resolves as the API says"))
	default:
		s.Paragraph(len("cannot tell: "), "cannot tell: "+strings.Join(e.Unseen, "; "))
	}
	for _, other := range e.Also {
		s.Paragraph(len("also: "), fmt.Sprintf("also: %s %s", other.ID, other.Text))
		remedy(s, "      ", other)
	}
	return nil
}

// stepIndent is where the text of a step begins.
const stepIndent = len("10 FAIL  corefile    ")

// remedy writes what to do. A command stays in one line, as it is pasted.
func remedy(s *screen.Screen, before string, found explain.Found) {
	if found.Command {
		s.Printf("%s%s\n", before, found.Fix)
		return
	}
	s.Paragraph(len("fix: "), before+found.Fix)
}

// headline is the question, where it was asked, and what was said.
func headline(f explain.Facts) string {
	asked := "not asked"
	said := ""
	if len(f.Importer.Answers) > 0 {
		first := f.Importer.Answers[0]
		asked = "asked in " + f.Importer.Context + " via " + first.Server
		said = "  ->  " + first.Said()
		if first.Rcode != "" {
			said += "  " + milliseconds(first.Took)
		}
	} else {
		asked += " in " + f.Importer.Context
	}
	if f.Hub.Context != "" {
		asked += ", clusterset of hub " + f.Hub.Context
	}
	return fmt.Sprintf("%s %s  %s%s", f.Question.TypeName(), f.Question.Name, asked, said)
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1fms", float64(d.Microseconds())/1000)
}

// line is one step; the one that the cause was taken from is marked.
func line(s *screen.Screen, step explain.Step, cause *explain.Found) string {
	state := fmt.Sprintf("%-4s", step.State)
	switch step.State {
	case explain.OK:
		state = s.Good(state)
	case explain.Fail:
		state = s.Bad(state)
	case explain.Unknown:
		state = s.Warn(state)
	case explain.Skip:
		state = s.Faint(state)
	}
	text := fmt.Sprintf("%2d %s  %-11s %s", step.N, state, step.Name, step.Text)
	if cause != nil && step.Cause == cause.ID && step.Text == cause.Text {
		return text + "  " + s.Bad("<- cause  "+cause.ID)
	}
	return text
}
