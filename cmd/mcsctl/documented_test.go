package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// documented finds a command line of mcsctl in a block of text, after the prompt of a session or alone.
var documented = regexp.MustCompile(`(?m)^(?:[a-z]*\$ )?(?:bin/)?mcsctl ([^#|>\n]*)`)

func TestEveryDocumentedCommandParses(t *testing.T) {
	var files []string
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != "../.." && strings.HasPrefix(entry.Name(), "."):
			return filepath.SkipDir
		case strings.HasSuffix(path, ".md"):
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range blocks(string(content)) {
			seen++
			if err := parses(strings.Fields(line)); err != nil {
				t.Errorf("%s: mcsctl %s: %v", file, strings.TrimSpace(line), err)
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d commands were found in %d files", seen, len(files))
	}
}

// blocks returns the command lines that stand in code blocks; elsewhere a line may begin with the program's name as a word.
func blocks(markdown string) []string {
	var lines []string
	for i, part := range strings.Split(markdown, "```") {
		if i%2 == 0 {
			continue
		}
		for _, found := range documented.FindAllStringSubmatch(part, -1) {
			lines = append(lines, found[1])
		}
	}
	return lines
}

// parses says what the command line does not take. Nothing is run.
func parses(args []string) error {
	cmd, rest, err := newRoot(programName).Find(args)
	if err != nil {
		return err
	}
	cmd.InitDefaultHelpFlag()
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	if cmd.DisableFlagParsing || cmd.Flags().Changed("help") {
		return nil
	}
	return positional(cmd, cmd.Flags().Args())
}

func positional(cmd *cobra.Command, args []string) error {
	if cmd.Args == nil {
		return nil
	}
	return cmd.Args(cmd, args)
}
