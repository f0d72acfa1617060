package screen

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

const (
	gap      = 2 // columns between two cells
	narrowed = 8 // no column is cut to fewer
)

// Table writes rows under a header, aligned. On a terminal the widest columns are cut so that a row fits its line, the last with an
// ellipsis to show it; elsewhere nothing is cut. Cells may be coloured. A row may be shorter than the header.
func (s *Screen) Table(header []string, rows [][]string) {
	widths := make([]int, len(header))
	for _, row := range append([][]string{header}, rows...) {
		for i, cell := range row[:min(len(row), len(widths))] {
			widths[i] = max(widths[i], visible(cell))
		}
	}
	fit(widths, s.width)
	s.row(header, widths)
	for _, row := range rows {
		s.row(row, widths)
	}
}

func (s *Screen) row(cells []string, widths []int) {
	var line strings.Builder
	for i, cell := range cells[:min(len(cells), len(widths))] {
		cell = cut(cell, widths[i])
		line.WriteString(cell)
		line.WriteString(strings.Repeat(" ", widths[i]-visible(cell)+gap))
	}
	fmt.Fprintln(s.Out, strings.TrimRight(line.String(), " "))
}

// fit narrows the widest columns, one step at a time, until all fit in the given number of columns; 0 is without end.
func fit(widths []int, columns int) {
	if columns <= 0 {
		return
	}
	total := gap * (len(widths) - 1)
	for _, width := range widths {
		total += width
	}
	for ; total > columns; total-- {
		widest := 0
		for i, width := range widths {
			if width > widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= narrowed {
			return
		}
		widths[widest]--
	}
}

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
