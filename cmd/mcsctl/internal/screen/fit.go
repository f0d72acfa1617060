package screen

import (
	"io"
	"os"
	"regexp"
	"strings"

	"golang.org/x/term"
)

// Width is how many columns a writer has; 0 for anything but a terminal.
func Width(w io.Writer) int {
	if file, ok := w.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return columns(file)
	}
	return 0
}

// described is what stands before the description of a flag or command, in its column.
var described = regexp.MustCompile(`^ +\S.*?  +`)

// Fit makes a text of help fit a width: paragraphs are filled anew where one of their lines is too long, and descriptions go on in
// their column. Other lines that are indented, such as examples, stay as they are.
func Fit(text string, width int) string {
	var out, paragraph []string
	end := func() {
		for _, line := range paragraph {
			if visible(line) > width {
				paragraph = wrap(strings.Join(paragraph, " "), width, 0)
				break
			}
		}
		out, paragraph = append(out, paragraph...), nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" && line[0] != ' ' {
			paragraph = append(paragraph, line)
			continue
		}
		end()
		if column := described.FindStringIndex(line); column != nil {
			out = append(out, wrap(line, width, column[1])...)
			continue
		}
		out = append(out, line)
	}
	end()
	return strings.Join(out, "\n")
}
