package edit

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Change is what the marked block is to do.
type Change struct {
	// Zone is the clusterset's zone, such as clusterset.local.
	Zone string
	// Forward are the addresses of the DNS server to forward the zone to. Without any, this CoreDNS has the multicluster plugin itself.
	Forward []string
}

// ByHandError says that somebody serves the zone already, by lines that are not marked.
type ByHandError struct {
	// Line is where, counted from 1.
	Line int
}

// Error says where.
func (e *ByHandError) Error() string {
	return fmt.Sprintf("line %d serves the zone already, by hand", e.Line)
}

// ErrShape is wrapped by the errors for a Corefile that is right and that this package cannot change.
var ErrShape = errors.New("it has to be changed by hand")

// Patch returns the text with a marked block that does what the change says, in place of the one that is there. Doing it again changes
// nothing, and [Remove] restores the text to the byte.
//
// A zone that is forwarded gets a server block of its own, at the top, with the ports and the bind lines of the block that answers for all
// names. With the plugin it gets a line in that block.
//
// The errors wrap [ErrSyntax], [ErrMarks] or [ErrShape], or are a [ByHandError].
func Patch(text string, change Change) (string, error) {
	before, err := Remove(text)
	if err != nil {
		return "", err
	}
	if err := check(before); err != nil {
		return "", err
	}
	all := servers(before)
	if line := byHand(all, change.Zone); line > 0 {
		return "", &ByHandError{Line: line}
	}
	for _, s := range all {
		if slices.Contains(s.keys, "}") {
			return "", fmt.Errorf("%w: there is a closing brace too many", ErrSyntax)
		}
		if s.open == 0 {
			return "", fmt.Errorf("its server block %q has no braces, so that there can be no second one: %w", strings.Join(s.keys, " "), ErrShape)
		}
	}
	var after string
	if len(change.Forward) > 0 {
		after = forwarded(before, mains(all), change)
	} else if after, err = served(before, mains(all), change); err != nil {
		return "", err
	}
	if err := check(after); err != nil {
		return "", fmt.Errorf("after the change: %w", err)
	}
	return after, nil
}

// forwarded puts a server block before everything else. Order has no meaning there, and no line break at the end of the text is needed.
func forwarded(before string, mains []server, change Change) string {
	zone := strings.TrimSuffix(change.Zone, ".")
	keys, content := []string{zone + ":53"}, []string{"    errors"}
	if len(mains) > 0 {
		main := mains[0]
		keys, content = nil, nil
		for _, port := range main.roots() {
			key := zone
			if port != "" {
				key += ":" + port
			}
			keys = append(keys, key)
		}
		if len(main.find("errors")) > 0 {
			content = append(content, "    errors")
		}
		content = append(content, copied(before, main.find("bind"))...)
	}
	content = append(content, "    forward . "+strings.Join(change.Forward, " "))
	content = append(append([]string{strings.Join(keys, " ") + " {"}, content...), "}")
	text, marked := strings.CutPrefix(before, bom)
	written := block(firstLine(text), "", content) + text
	if marked {
		written = bom + written
	}
	return written
}

// copied returns the lines of directives, indented as ours are.
func copied(text string, directives []directive) []string {
	all := lines(text)
	var out []string
	for _, d := range directives {
		for _, line := range all[d.first-1 : d.last] {
			out = append(out, "    "+strings.TrimSpace(line))
		}
	}
	return out
}

// served puts a line into the one block that answers for all names.
func served(before string, mains []server, change Change) (string, error) {
	switch {
	case len(mains) == 0:
		return "", fmt.Errorf("no server block answers for all names: %w", ErrShape)
	case len(mains) > 1:
		return "", fmt.Errorf("%d server blocks answer for all names: %w", len(mains), ErrShape)
	case !mains[0].alone:
		return "", fmt.Errorf("line %d goes on behind the brace: %w", mains[0].open, ErrShape)
	}
	main, all := mains[0], lines(before)
	indent := "    "
	if len(main.directives) > 0 {
		line := all[main.directives[0].first-1]
		indent = line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	}
	added := block(all[main.open-1], indent, []string{"multicluster " + change.Zone})
	return strings.Join(all[:main.open], "") + added + strings.Join(all[main.open:], ""), nil
}

func firstLine(text string) string {
	if all := lines(text); len(all) > 0 {
		return all[0]
	}
	return ""
}

// Reloads says whether CoreDNS reads the text again when it changes: the plugin reload is for all server blocks if one has it.
func Reloads(text string) bool {
	for _, s := range servers(text) {
		if len(s.find("reload")) > 0 {
			return true
		}
	}
	return false
}
