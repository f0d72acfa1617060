package screen

import (
	"fmt"
	"strings"
)

const (
	gap      = 2  // columns between two cells
	narrowed = 8  // no cell is cut to fewer
	readable = 30 // no text is broken into lines of fewer
)

// Column is one column of a table.
type Column struct {
	// Header stands above it.
	Header string
	// Spare columns are left out of a terminal that is too narrow for all, the highest first; 0 never is.
	Spare int
}

// Table writes rows under a header, aligned, and leaves no column out: see [Screen.Columns].
func (s *Screen) Table(header []string, rows [][]string) {
	columns := make([]Column, len(header))
	for i, text := range header {
		columns[i].Header = text
	}
	s.Columns(columns, rows)
}

// Columns writes rows under a header, aligned. Elsewhere than on a terminal they are as wide as they are. On one that is too narrow
// the last cell goes on in further lines, then spare columns are left out, then the widest are cut, with an ellipsis to show it.
// It returns the headers of those left out. Cells may be coloured. A row may be shorter than the header.
func (s *Screen) Columns(columns []Column, rows [][]string) (left []string) {
	all := [][]string{make([]string, len(columns))}
	for i, column := range columns {
		all[0][i] = column.Header
	}
	for _, row := range rows {
		all = append(all, append(make([]string, 0, len(columns)), row[:min(len(row), len(columns))]...))
	}
	widths := make([]int, len(columns))
	for _, row := range all {
		for i, cell := range row {
			widths[i] = max(widths[i], visible(cell))
		}
	}
	shown := layout(columns, widths, s.width)
	for i, column := range columns {
		if !shown[i] {
			left = append(left, column.Header)
		}
	}
	for _, row := range all {
		s.row(row, widths, shown)
	}
	return left
}

func (s *Screen) row(cells []string, widths []int, shown []bool) {
	var line strings.Builder
	for i, cell := range cells {
		switch last := i == len(widths)-1; {
		case !shown[i]:
		case last && visible(cell) > widths[i] && widths[i] >= readable:
			indent := visible(line.String())
			line.WriteString(strings.Join(wrap(cell, widths[i], 0), "\n"+strings.Repeat(" ", indent)))
		default:
			cell = cut(cell, widths[i])
			line.WriteString(cell + strings.Repeat(" ", widths[i]-visible(cell)+gap))
		}
	}
	fmt.Fprintln(s.Out, strings.TrimRight(line.String(), " "))
}

// layout says which columns are shown, and narrows widths so that they fit; a room of 0 is without end.
func layout(columns []Column, widths []int, room int) (shown []bool) {
	shown = make([]bool, len(columns))
	for i := range shown {
		shown[i] = true
	}
	if room <= 0 || len(columns) == 0 {
		return shown
	}
	last := len(widths) - 1
	natural := widths[last]
	widths[last] = min(natural, readable)
	for excess(widths, shown, room) > 0 {
		spare := first(shown, func(i, best int) bool { return columns[i].Spare >= columns[best].Spare })
		if spare < 0 || columns[spare].Spare == 0 {
			break
		}
		shown[spare] = false
	}
	if shown[last] {
		widths[last] = min(natural, widths[last]+max(0, -excess(widths, shown, room)))
	}
	for over := excess(widths, shown, room); over > 0; over-- {
		widest := first(shown, func(i, best int) bool { return widths[i] > widths[best] })
		if widths[widest] <= narrowed {
			break
		}
		widths[widest]--
	}
	return shown
}

// first returns the shown column that comes before all others shown, -1 if none is shown; before is asked of each and the best so far.
func first(shown []bool, before func(i, best int) bool) int {
	best := -1
	for i := range shown {
		if shown[i] && (best < 0 || before(i, best)) {
			best = i
		}
	}
	return best
}

// excess is how many columns of the terminal are missing; what is left over is negative.
func excess(widths []int, shown []bool, room int) int {
	total := -gap
	for i, width := range widths {
		if shown[i] {
			total += width + gap
		}
	}
	return total - room
}
