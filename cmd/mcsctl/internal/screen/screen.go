package screen

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
	"sigs.k8s.io/yaml"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
)

// Format is a form of output, as -o names it.
type Format string

// The forms of output. Not every command has all of them.
const (
	Table Format = ""     // for people
	Wide  Format = "wide" // for people with room
	JSON  Format = "json"
	YAML  Format = "yaml"
	Name  Format = "name" // one name a line
)

const outputFlag = "output"

// RegisterOutput adds -o with these formats beside the table.
func RegisterOutput(cmd *cobra.Command, formats ...Format) {
	names := make([]string, len(formats))
	for i, format := range formats {
		names[i] = string(format)
	}
	cmd.Flags().StringP(outputFlag, "o", "", "form of the output: "+strings.Join(names, ", ")+"; empty is for people")
	_ = cmd.RegisterFlagCompletionFunc(outputFlag, cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp)) // defined just above
	cmd.PreRunE = chain(cmd.PreRunE, func(cmd *cobra.Command, _ []string) error {
		chosen, _ := cmd.Flags().GetString(outputFlag)
		if chosen != "" && !slices.Contains(names, chosen) {
			return exit.Usage("there is no output format %q: choose from %s", chosen, strings.Join(names, ", "))
		}
		return nil
	})
}

type run = func(*cobra.Command, []string) error

func chain(first, second run) run {
	if first == nil {
		return second
	}
	return func(cmd *cobra.Command, args []string) error {
		if err := first(cmd, args); err != nil {
			return err
		}
		return second(cmd, args)
	}
}

// Screen is where one command shows what it has to say. It is for one goroutine, Progress apart.
type Screen struct {
	// Out is for what was asked for, Err for everything else.
	Out, Err io.Writer
	// Format is the one that -o chose.
	Format Format

	width   int  // columns of Out; 0 is without end
	beside  int  // columns of Err; 0 is without end
	colour  bool // Out shows colours
	watched bool // Err is a terminal
}

// New returns the screen of a command whose flags are parsed.
func New(cmd *cobra.Command) *Screen {
	s := &Screen{Out: cmd.OutOrStdout(), Err: cmd.ErrOrStderr()}
	if flag := cmd.Flags().Lookup(outputFlag); flag != nil {
		s.Format = Format(flag.Value.String())
	}
	if out, ok := s.Out.(*os.File); ok && term.IsTerminal(int(out.Fd())) {
		s.width = columns(out)
		s.colour = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	if err, ok := s.Err.(*os.File); ok {
		if s.watched = term.IsTerminal(int(err.Fd())) && os.Getenv("TERM") != "dumb"; s.watched {
			s.beside = columns(err)
		}
	}
	return s
}

// columns is the width of a terminal; $COLUMNS overrides what the terminal says of itself.
func columns(terminal *os.File) int {
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	width, _, err := term.GetSize(int(terminal.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// Terminal says whether Out is a terminal that can be drawn on.
func (s *Screen) Terminal() bool { return s.width > 0 }

// Structured says whether a program reads the output: JSON or YAML was asked for.
func (s *Screen) Structured() bool { return s.Format == JSON || s.Format == YAML }

// Object writes v to Out as YAML where that was asked for, and as JSON otherwise.
func (s *Screen) Object(v any) error {
	var content []byte
	var err error
	if s.Format == YAML {
		content, err = yaml.Marshal(v)
	} else if content, err = json.MarshalIndent(v, "", "  "); err == nil {
		content = append(content, '\n')
	}
	if err != nil {
		return fmt.Errorf("writing %T: %w", v, err)
	}
	_, err = s.Out.Write(content)
	return err
}

// Printf writes to Out what was asked for.
func (s *Screen) Printf(format string, args ...any) { fmt.Fprintf(s.Out, format, args...) }

// Note writes to Err a line about what goes on, in the place of a line of progress.
func (s *Screen) Note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if s.watched {
		text = clear + strings.Join(wrap(text, s.beside, 2), "\n")
	}
	fmt.Fprintln(s.Err, text)
}

// Good colours a text that tells of something well.
func (s *Screen) Good(text string) string { return s.paint("32", text) }

// Warn colours a text that somebody should look at.
func (s *Screen) Warn(text string) string { return s.paint("33", text) }

// Bad colours a text that tells of something wrong.
func (s *Screen) Bad(text string) string { return s.paint("31", text) }

// Faint colours a text that matters less.
func (s *Screen) Faint(text string) string { return s.paint("2", text) }

func (s *Screen) paint(code, text string) string {
	if !s.colour || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
