package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// example finds a command line of mcsctl in an example: at its beginning, after a pipe, or in a command of the shell.
var example = regexp.MustCompile(`\bmcsctl ([^#|><)\n]*)`)

// What --help shows can be typed as it is. The reference page has the same examples, but only the first command of a line is looked at there.
func TestEveryExampleParses(t *testing.T) {
	seen := 0
	walk(newRoot(programName), func(cmd *cobra.Command) {
		for _, found := range example.FindAllStringSubmatch(cmd.Example, -1) {
			seen++
			if err := parses(strings.Fields(strings.ReplaceAll(found[1], "'", ""))); err != nil {
				t.Errorf("%s has the example mcsctl %s: %v", cmd.CommandPath(), strings.TrimSpace(found[1]), err)
			}
		}
	})
	if seen < 30 {
		t.Errorf("only %d commands were found in all examples", seen)
	}
}
