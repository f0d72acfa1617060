package multicluster

import "strings"

// internLimit bounds how many strings and how many port lists are remembered, so
// that hostile objects cannot make the memory of them grow.
const internLimit = 1 << 14

// interner gives equal strings and equal port lists one place in memory: cluster
// ids, namespaces, host names and port lists repeat in thousands of slices. It
// forgets all when full, which costs memory but no answer. It is used by one
// goroutine at a time; the zero value is ready to use.
type interner struct {
	texts map[string]string
	lists map[string][]port
}

// text returns s, or an equal string seen before. The result never keeps a
// larger string alive.
func (n *interner) text(s string) string {
	if s == "" {
		return ""
	}
	if known, ok := n.texts[s]; ok {
		return known
	}
	if n.texts == nil || len(n.texts) >= internLimit {
		n.texts = make(map[string]string)
	}
	s = strings.Clone(s)
	n.texts[s] = s
	return s
}

// ports returns list, or an equal list seen before. Nobody may change the result.
func (n *interner) ports(list []port) []port {
	if len(list) == 0 {
		return nil
	}
	var key strings.Builder
	for _, p := range list {
		key.WriteString(p.name)
		key.WriteByte('/')
		key.WriteByte(byte(p.proto))
		key.WriteByte(byte(p.number >> 8))
		key.WriteByte(byte(p.number))
	}
	if known, ok := n.lists[key.String()]; ok {
		return known
	}
	if n.lists == nil || len(n.lists) >= internLimit {
		n.lists = make(map[string][]port)
	}
	n.lists[key.String()] = list
	return list
}
