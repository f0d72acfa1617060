package edit

import (
	"errors"
	"fmt"
	"strings"
)

// The lines around what this package writes. What stands between them is replaced and removed.
const (
	begin = "# BEGIN multicluster-dns"
	end   = "# END multicluster-dns"
)

// ErrMarks is wrapped by the error for marks that do not match.
var ErrMarks = errors.New("the marks of the block do not match")

// Remove returns the text without the marked block, exactly as it was before the block was written, and the same text if there is none.
func Remove(text string) (string, error) {
	var kept strings.Builder
	open := 0 // the line of the mark that is open
	for i, line := range lines(text) {
		switch mark := strings.TrimSpace(strings.TrimPrefix(line, bom)); {
		case mark == begin && open > 0:
			return "", fmt.Errorf("line %d begins a block, and the one of line %d has no end: %w", i+1, open, ErrMarks)
		case mark == end && open == 0:
			return "", fmt.Errorf("line %d ends a block that nothing begins: %w", i+1, ErrMarks)
		case mark == begin:
			open = i + 1
			if strings.HasPrefix(line, bom) {
				kept.WriteString(bom)
			}
		case mark == end:
			open = 0
		case open == 0:
			kept.WriteString(line)
		}
	}
	if open > 0 {
		return "", fmt.Errorf("line %d begins a block that has no end: %w", open, ErrMarks)
	}
	return kept.String(), nil
}

// Has says whether there is a marked block in the text, whole or not.
func Has(text string) bool {
	for _, line := range lines(text) {
		if strings.TrimSpace(strings.TrimPrefix(line, bom)) == begin {
			return true
		}
	}
	return false
}

// bom is the byte order mark that some editors begin a file with.
const bom = "\ufeff"

// lines splits a text after each line break.
func lines(text string) []string {
	if text == "" {
		return nil
	}
	all := strings.SplitAfter(text, "\n")
	if all[len(all)-1] == "" {
		all = all[:len(all)-1]
	}
	return all
}

// block returns the marked lines, indented, with the line breaks of the line beside them.
func block(beside, indent string, content []string) string {
	ending := "\n"
	if strings.HasSuffix(beside, "\r\n") {
		ending = "\r\n"
	}
	var out strings.Builder
	for _, line := range append(append([]string{begin}, content...), end) {
		out.WriteString(indent + line + ending)
	}
	return out.String()
}
