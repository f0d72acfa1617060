package screen

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
)

func TestTable(t *testing.T) {
	header := []string{"NAME", "STATE", "WHY"}
	for _, tc := range []struct {
		name   string
		width  int
		colour bool
		rows   [][]string
		want   string
	}{
		{"columns are as wide as their widest cell", 0, false,
			[][]string{{"shop/checkout", "ok", "-"}, {"a", "conflict", "ports"}},
			"NAME           STATE     WHY\nshop/checkout  ok        -\na              conflict  ports\n"},
		{"nothing is cut where there is no width", 0, false,
			[][]string{{strings.Repeat("n", 60), "ok", strings.Repeat("w", 60)}},
			"NAME" + strings.Repeat(" ", 58) + "STATE  WHY\n" + strings.Repeat("n", 60) + "  ok     " + strings.Repeat("w", 60) + "\n"},
		{"on a narrow terminal the last column goes on below", 52, false,
			[][]string{{"shop/checkout", "ok", "the namespace is missing in north"}, {"a", "ok", "-"}},
			"NAME           STATE  WHY\nshop/checkout  ok     the namespace is missing in\n                      north\na              ok     -\n"},
		{"where even that has no room the widest column is cut, with an ellipsis", 30, false,
			[][]string{{"shop/checkout", "ok", "the namespace is missing"}},
			"NAME        STATE  WHY\nshop/chec…  ok     the namesp…\n"},
		{"colour takes no room", 0, true,
			[][]string{{"a", "\x1b[32mok\x1b[0m", "x"}, {"b", "stale", "y"}},
			"NAME  STATE  WHY\na     \x1b[32mok\x1b[0m     x\nb     stale  y\n"},
		{"a row may be short", 0, false, [][]string{{"a"}}, "NAME  STATE  WHY\na\n"},
		{"no rows are a header alone", 0, false, nil, "NAME  STATE  WHY\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out bytes.Buffer
			s := &Screen{Out: &out, width: tc.width, colour: tc.colour}
			s.Table(header, tc.rows)
			if diff := cmp.Diff(tc.want, out.String()); diff != "" {
				t.Errorf("table differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestColumnsThatAreSpareAreLeftOutFirst(t *testing.T) {
	columns := []Column{{Header: "MEMBER"}, {Header: "STATE"}, {Header: "K8S", Spare: 1}, {Header: "CONTEXT", Spare: 2}}
	rows := [][]string{{"east", "up", "v1.36.3", "arn:aws:eks:cluster/east"}}
	for _, tc := range []struct {
		name  string
		width int
		left  []string
		want  string
	}{
		{"a terminal with room has all", 60, nil, "MEMBER  STATE  K8S      CONTEXT\neast    up     v1.36.3  arn:aws:eks:cluster/east\n"},
		{"so has a pipe", 0, nil, "MEMBER  STATE  K8S      CONTEXT\neast    up     v1.36.3  arn:aws:eks:cluster/east\n"},
		{"the most spare goes first", 40, []string{"CONTEXT"}, "MEMBER  STATE  K8S\neast    up     v1.36.3\n"},
		{"then the next", 20, []string{"K8S", "CONTEXT"}, "MEMBER  STATE\neast    up\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out bytes.Buffer
			left := (&Screen{Out: &out, width: tc.width}).Columns(columns, rows)
			if diff := cmp.Diff(tc.want, out.String()); diff != "" {
				t.Errorf("table differs (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.left, left); diff != "" {
				t.Errorf("left out (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParagraph(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		width      int
		want       string
	}{
		{"a pipe gets one line", "why: one two three", 0, "why: one two three\n"},
		{"a terminal gets lines broken between words, below the text", "why: one two three", 13, "why: one two\n     three\n"},
		{"a word too long for a line stays whole", "fix: kubectl-create-namespace now", 14, "fix:\n     kubectl-create-namespace\n     now\n"},
		{"colour takes no room", "why: \x1b[31mone two\x1b[0m three", 13, "why: \x1b[31mone two\x1b[0m\n     three\n"},
		{"several spaces stay where the line is not broken", " 1 ok    name  text", 40, " 1 ok    name  text\n"},
		{"no room for the indent is no indent", "why: one two", 8, "why: one\ntwo\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out bytes.Buffer
			(&Screen{Out: &out, width: tc.width}).Paragraph(5, tc.text)
			if diff := cmp.Diff(tc.want, out.String()); diff != "" {
				t.Errorf("paragraph differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCutKeepsTheColour(t *testing.T) {
	if got, want := cut("\x1b[31mnamespace missing\x1b[0m", 6), "\x1b[31mnames…\x1b[0m"; got != want {
		t.Errorf("cut gives %q, want %q", got, want)
	}
}

func TestAPipeGetsNoColour(t *testing.T) {
	var out bytes.Buffer
	s := &Screen{Out: &out}
	if got := s.Bad("stale"); got != "stale" {
		t.Errorf("Bad gives %q", got)
	}
	s.Progress("waiting")()
	if out.Len() > 0 {
		t.Errorf("progress wrote %q to a pipe", out.String())
	}
}

func TestOutput(t *testing.T) {
	for _, tc := range []struct {
		name, flag, want string
		status           int
	}{
		{"without -o it is for people", "", "people\n", exit.OK},
		{"-o json", "json", "{\n  \"state\": \"up\"\n}\n", exit.OK},
		{"-o yaml", "yaml", "state: up\n", exit.OK},
		{"a format that the command has not is misuse", "xml", "", exit.Misused},
		{"a format that only other commands have is misuse", "name", "", exit.Misused},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out bytes.Buffer
			cmd := &cobra.Command{Use: "x", SilenceErrors: true, SilenceUsage: true, RunE: func(cmd *cobra.Command, _ []string) error {
				s := New(cmd)
				if s.Structured() {
					return s.Object(map[string]string{"state": "up"})
				}
				s.Printf("people\n")
				return nil
			}}
			RegisterOutput(cmd, JSON, YAML, Wide)
			cmd.SetOut(&out)
			cmd.SetErr(&out)
			if cmd.SetArgs([]string{}); tc.flag != "" {
				cmd.SetArgs([]string{"-o", tc.flag})
			}
			if got := exit.Status(cmd.Execute()); got != tc.status {
				t.Errorf("exit status %d, want %d", got, tc.status)
			}
			if diff := cmp.Diff(tc.want, out.String()); diff != "" {
				t.Errorf("output differs (-want +got):\n%s", diff)
			}
		})
	}
}
