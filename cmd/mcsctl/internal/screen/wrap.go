package screen

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Paragraph writes a text as one line. On a terminal it is broken between words where it is too long, and goes on below the given
// column. A word that is too long for any line stays whole, so that what is copied is what was meant.
func (s *Screen) Paragraph(indent int, text string) {
	for _, line := range wrap(text, s.width, indent) {
		fmt.Fprintln(s.Out, strings.TrimRight(line, " "))
	}
}

// wrap breaks a text into lines of at most width characters, all but the first indented. A width of 0 is without end.
func wrap(text string, width, indent int) []string {
	if width <= 0 || visible(text) <= width {
		return []string{text}
	}
	if width-indent < narrowed {
		indent = 0
	}
	var lines []string
	var line strings.Builder
	taken := 0    // characters of line
	empty := true // line has no word yet
	for _, part := range words.FindAllStringSubmatch(text, -1) {
		space, word := part[1], part[2]
		if !empty && taken+len(space)+visible(word) > width {
			lines = append(lines, line.String())
			line.Reset()
			line.WriteString(strings.Repeat(" ", indent))
			taken, empty, space = indent, true, ""
		}
		line.WriteString(space + word)
		taken += len(space) + visible(word)
		empty = empty && word == ""
	}
	return append(lines, line.String())
}

// words are spaces with the word after them.
var words = regexp.MustCompile(`( *)([^ ]*)`)

var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// visible is the number of characters that a cell takes on the screen.
func visible(cell string) int { return utf8.RuneCountInString(colours.ReplaceAllString(cell, "")) }

// cut shortens a cell to width characters, the last an ellipsis, and keeps the colour of one that is coloured as a whole.
func cut(cell string, width int) string {
	if visible(cell) <= width {
		return cell
	}
	plain := []rune(colours.ReplaceAllString(cell, ""))
	short := string(plain[:max(width-1, 0)]) + "…"
	if codes := colours.FindAllString(cell, 2); len(codes) == 2 {
		return codes[0] + short + codes[1]
	}
	return short
}
