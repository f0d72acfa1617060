package verify

import (
	"encoding/xml"
	"fmt"
	"io"
	"time"
)

// Outcome is how one step ended.
type Outcome string

// The outcomes of a step.
const (
	Passed  Outcome = "ok"
	Failed  Outcome = "FAIL"
	Skipped Outcome = "skip"
)

// Result is one step and what came of it.
type Result struct {
	// Step is export, resolve, connect or withdraw.
	Step string `json:"step"`
	// Name says which members it was between.
	Name    string  `json:"name"`
	Outcome Outcome `json:"outcome"`
	// Text says more, of a failure why.
	Text string `json:"text"`
	// Took is how long it took, in seconds.
	Took float64 `json:"seconds"`
}

// suite is the form that test reports have in most systems.
type suite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Stamp    string      `xml:"timestamp,attr"`
	Cases    []suiteCase `xml:"testcase"`
}

type suiteCase struct {
	Class   string   `xml:"classname,attr"`
	Name    string   `xml:"name,attr"`
	Time    string   `xml:"time,attr"`
	Failure *message `xml:"failure,omitempty"`
	Skipped *message `xml:"skipped,omitempty"`
}

type message struct {
	Text string `xml:"message,attr"`
}

// writeJUnit writes the results as a JUnit test suite that began at a time.
func writeJUnit(w io.Writer, results []Result, begun time.Time) error {
	s := suite{Name: "mcsctl verify", Tests: len(results), Stamp: begun.UTC().Format("2006-01-02T15:04:05")}
	total := 0.0
	for _, r := range results {
		total += r.Took
		c := suiteCase{Class: "mcsctl.verify." + r.Step, Name: r.Name, Time: fmt.Sprintf("%.3f", r.Took)}
		switch r.Outcome {
		case Failed:
			s.Failures++
			c.Failure = &message{r.Text}
		case Skipped:
			s.Skipped++
			c.Skipped = &message{r.Text}
		}
		s.Cases = append(s.Cases, c)
	}
	s.Time = fmt.Sprintf("%.3f", total)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(s); err != nil {
		return fmt.Errorf("writing the JUnit report: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}
