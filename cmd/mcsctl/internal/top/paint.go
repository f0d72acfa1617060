package top

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

func paint(code, text string) string { return "\x1b[" + code + "m" + text + "\x1b[0m" }

func red(text string) string     { return paint("31", text) }
func green(text string) string   { return paint("32", text) }
func yellow(text string) string  { return paint("33", text) }
func faint(text string) string   { return paint("2", text) }
func inverse(text string) string { return paint("7", colours.ReplaceAllString(text, "")) }

var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// fit cuts a line to a width. Codes for colours take no room, and those behind the cut are kept, so that no colour runs on.
func fit(line string, width int) string {
	var out strings.Builder
	room := width
	for line != "" {
		if at := colours.FindStringIndex(line); at != nil && at[0] == 0 {
			out.WriteString(line[:at[1]])
			line = line[at[1]:]
			continue
		}
		r, size := utf8.DecodeRuneInString(line)
		line = line[size:]
		if room > 0 && r >= ' ' { // what moves the cursor has no business here
			out.WriteRune(r)
			room--
		}
	}
	return out.String()
}

// lines are the lines of a text, tabs and line ends apart.
func lines(text string) []string {
	return strings.Split(strings.TrimRight(strings.ReplaceAll(text, "\t", "    "), "\n"), "\n")
}

// step is the beginning of a step of an explanation, whose text begins in the column stepText.
var step = regexp.MustCompile(`^[ 0-9][0-9] (ok  |FAIL|skip|\?   )  `)

const stepText = len("10 FAIL  corefile    ")

// wrapped breaks lines that are too long for a width, between words where there are any; what is continued is indented, that of a
// step below its text where there is room.
func wrapped(all []string, width int) []string {
	var out []string
	for _, line := range all {
		indent := "    "
		if step.MatchString(colours.ReplaceAllString(line, "")) && stepText < width/2 {
			indent = strings.Repeat(" ", stepText)
		}
		prefix, letters := "", []rune(colours.ReplaceAllString(line, ""))
		for room := width; room > 0 && len(letters) > room; room = width - len(prefix) {
			at := gapBefore(letters, room)
			out = append(out, prefix+string(letters[:at]))
			prefix, letters = indent, []rune(strings.TrimLeft(string(letters[at:]), " "))
		}
		out = append(out, prefix+string(letters))
	}
	return out
}

// gapBefore is where letters of which there is room for so many are broken: at the last space in the second half of the room, or at
// its end.
func gapBefore(letters []rune, room int) int {
	for i := room; i > room/2; i-- {
		if letters[i] == ' ' {
			return i
		}
	}
	return room
}
