package edit

import (
	"fmt"
	"strings"
)

// around is how many lines a difference shows on either side.
const around = 3

// Diff shows how one text became the other, by one block of lines that changed, in the unified form; "" if they are the same.
func Diff(before, after string) string {
	if before == after {
		return ""
	}
	a, b := lines(before), lines(after)
	same := 0
	for same < len(a) && same < len(b) && a[same] == b[same] {
		same++
	}
	rest := 0
	for rest < len(a)-same && rest < len(b)-same && a[len(a)-1-rest] == b[len(b)-1-rest] {
		rest++
	}
	from, upTo := max(same-around, 0), min(len(a)-rest+around, len(a))
	var out strings.Builder
	fmt.Fprintf(&out, "@@ -%d,%d +%d,%d @@\n", from+1, upTo-from, from+1, upTo-from+len(b)-len(a))
	write := func(mark string, shown []string) {
		for _, line := range shown {
			out.WriteString(strings.TrimRight(mark+strings.TrimRight(line, "\r\n"), " ") + "\n")
		}
	}
	write(" ", a[from:same])
	write("-", a[same:len(a)-rest])
	write("+", b[same:len(b)-rest])
	write(" ", a[len(a)-rest:upTo])
	return out.String()
}
