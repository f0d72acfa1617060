package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var updateReference = flag.Bool("update", false, "write the reference page instead of comparing it")

const referencePage = "../../docs/reference/mcsctl.md"

//go:generate go test . -short -run TestReferencePageIsCurrent -update

// TestReferencePageIsCurrent holds the reference to the commands and flags that the program has.
func TestReferencePageIsCurrent(t *testing.T) {
	page := reference(newRoot(programName))
	if *updateReference {
		if err := os.WriteFile(referencePage, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	current, err := os.ReadFile(referencePage)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(page, string(current)); diff != "" {
		t.Errorf("the page is out of date: make generate (-want +got):\n%s", diff)
	}
}

// commonFlags are those that every command about clusters has; they are described once.
var commonFlags = []string{"kubeconfig", "hub", "clusterset-namespace", "request-timeout"}

// reference is the page: what all commands have in common, then each command.
func reference(root *cobra.Command) string {
	var page strings.Builder
	page.WriteString("# mcsctl\n\n<!-- Written by: go test ./cmd/mcsctl -short -run TestReferencePageIsCurrent -update -->\n\n")
	page.WriteString(root.Long + "\n\n")
	page.WriteString("Installed under the name `kubectl-mcs` it is a plugin of kubectl: `kubectl mcs status`.\n\n## Commands\n\n| command | what it does |\n|---|---|\n")
	var sections strings.Builder
	var flags *pflag.FlagSet
	walk(root, func(cmd *cobra.Command) {
		if cmd == root || cmd.Hidden || cmd.Name() == "help" || cmd.HasParent() && cmd.Parent().Name() == "completion" {
			return
		}
		fmt.Fprintf(&page, "| [`%s`](#%s) | %s |\n", cmd.CommandPath(), strings.ReplaceAll(cmd.CommandPath(), " ", "-"), cmd.Short)
		sections.WriteString(section(cmd))
		if flags == nil && cmd.Flags().Lookup("kubeconfig") != nil {
			flags = cmd.Flags()
		}
	})
	page.WriteString("\n## Flags of all commands about clusters\n\n| flag | default | meaning |\n|---|---|---|\n")
	for _, name := range commonFlags {
		page.WriteString(flagLine(flags.Lookup(name)))
	}
	page.WriteString(sections.String())
	return page.String()
}

func section(cmd *cobra.Command) string {
	var s strings.Builder
	fmt.Fprintf(&s, "\n## %s\n\n", cmd.CommandPath())
	if cmd.Runnable() {
		fmt.Fprintf(&s, "`%s`\n\n", cmd.UseLine())
	}
	if cmd.Long != "" && cmd.Name() != "completion" {
		s.WriteString(cmd.Long + "\n")
	} else {
		s.WriteString(cmd.Short + ".\n")
	}
	if cmd.Example != "" {
		var lines []string
		for line := range strings.SplitSeq(cmd.Example, "\n") {
			lines = append(lines, strings.TrimPrefix(line, "  "))
		}
		fmt.Fprintf(&s, "\n```sh\n%s\n```\n", strings.Join(lines, "\n"))
	}
	var lines []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" && !f.Hidden && !slices.Contains(commonFlags, f.Name) {
			lines = append(lines, flagLine(f))
		}
	})
	if len(lines) > 0 {
		s.WriteString("\n| flag | default | meaning |\n|---|---|---|\n" + strings.Join(lines, ""))
	}
	return s.String()
}

func flagLine(f *pflag.Flag) string {
	value := strings.Trim(f.DefValue, "[]")
	if value == "" {
		value = "none"
	}
	name := "`--" + f.Name + "`"
	if f.Shorthand != "" {
		name += ", `-" + f.Shorthand + "`"
	}
	return fmt.Sprintf("| %s | %s | %s |\n", name, value, strings.ReplaceAll(f.Usage, "|", "\\|"))
}

// Every command says what it is for, and one that is typed shows how.
func TestEveryCommandExplainsItself(t *testing.T) {
	walk(newRoot(programName), func(cmd *cobra.Command) {
		if cmd.Hidden || cmd.Name() == "help" || cmd.HasParent() && cmd.Parent().Name() == "completion" {
			return
		}
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s says in short %q: want a phrase without a full stop", cmd.CommandPath(), cmd.Short)
		}
		if !cmd.HasSubCommands() && cmd.Example == "" && cmd.Name() != "build" {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
		for line := range strings.SplitSeq(cmd.Example, "\n") {
			if line != "" && !strings.HasPrefix(line, "  ") {
				t.Errorf("an example of %s is not indented by two: %q", cmd.CommandPath(), line)
			}
		}
	})
}
