package edit

import (
	"errors"
	"fmt"
	"strings"

	"github.com/coredns/caddy/caddyfile"
)

// ErrSyntax is wrapped by the errors for a text that CoreDNS could not read.
var ErrSyntax = errors.New("CoreDNS could not read it")

// server is one server block, with the lines of the text, counted from 1, that it stands on.
type server struct {
	keys       []string
	open       int  // the line of its brace; 0 for a block without braces
	alone      bool // the brace is the last word of its line
	directives []directive
}

// directive is one plugin's name with what follows it.
type directive struct {
	name        string
	args        []string // those on its own line
	first, last int      // lines
}

// find returns the block's directives of a name.
func (s server) find(name string) []directive {
	var found []directive
	for _, d := range s.directives {
		if d.name == name {
			found = append(found, d)
		}
	}
	return found
}

type token struct {
	text string
	line int
}

// tokens splits a text as CoreDNS does.
func tokens(text string) []token {
	var all []token
	dispenser := caddyfile.NewDispenser("Corefile", strings.NewReader(text))
	for dispenser.Next() {
		all = append(all, token{text: dispenser.Val(), line: dispenser.Line()})
	}
	return all
}

// check parses a text with CoreDNS' own parser. Imports of files, which lie in CoreDNS' container, are passed over; those of snippets are
// followed.
func check(text string) error {
	words := tokens(text)
	snippets := map[string]bool{}
	for i, word := range words {
		if strings.HasPrefix(word.text, "(") && strings.HasSuffix(word.text, ")") && i+1 < len(words) && words[i+1].text == "{" {
			snippets[word.text[1:len(word.text)-1]] = true
		}
	}
	all := lines(text)
	for i, word := range words {
		first := i == 0 || words[i-1].line != word.line
		if first && word.text == "import" && i+1 < len(words) && words[i+1].line == word.line && !snippets[words[i+1].text] {
			all[word.line-1] = "\n"
		}
	}
	if _, err := caddyfile.Parse("Corefile", strings.NewReader(strings.Join(all, "")), nil); err != nil {
		return fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	return nil
}

// servers returns the server blocks of a text that check takes. Snippets and imports at the top level are none.
func servers(text string) []server {
	var found []server
	r := &reader{words: tokens(text)}
	for r.more() {
		if r.word().text == "import" {
			r.line()
			continue
		}
		s := r.server()
		if len(s.keys) == 1 && strings.HasPrefix(s.keys[0], "(") {
			continue
		}
		found = append(found, s)
	}
	return found
}

// reader walks over words.
type reader struct {
	words []token
	next  int
}

func (r *reader) more() bool  { return r.next < len(r.words) }
func (r *reader) word() token { return r.words[r.next] }

// newLine says whether the next word is the first of its line.
func (r *reader) newLine() bool { return r.next == 0 || r.words[r.next-1].line != r.words[r.next].line }

// line reads the rest of the line.
func (r *reader) line() {
	for r.next++; r.more() && !r.newLine(); r.next++ {
	}
}

// server reads a server block: its keys, which end with their line unless a comma follows, and what is in it.
func (r *reader) server() server {
	var s server
	comma := false
	for first := true; r.more() && r.word().text != "{" && (first || comma || !r.newLine()); r.next++ {
		first = false
		key, more := strings.CutSuffix(r.word().text, ",")
		s.keys, comma = append(s.keys, key), more
	}
	if !r.more() {
		return s
	}
	if r.word().text == "{" {
		s.open = r.word().line
		r.next++
		s.alone = r.more() && r.newLine()
	}
	for r.more() {
		if r.word().text == "}" {
			r.next++
			break
		}
		s.directives = append(s.directives, r.directive())
	}
	return s
}

// directive reads a directive to the end of its line, or of the braces that it opens.
func (r *reader) directive() directive {
	d := directive{name: r.word().text, first: r.word().line, last: r.word().line}
	depth := 0
	for r.next++; r.more() && (depth > 0 || !r.newLine() || r.word().text == "{"); r.next++ {
		word := r.word()
		switch {
		case word.text == "{":
			depth++
		case word.text == "}" && depth == 0:
			return d // the server block's own
		case word.text == "}":
			depth--
		case word.line == d.first && depth == 0:
			d.args = append(d.args, word.text)
		}
		d.last = word.line
	}
	return d
}
