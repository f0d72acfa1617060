package mcs

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// portText is a port in words: "http 80/TCP", with the application protocol last where there is one.
func portText(p Port) string {
	text := strconv.Itoa(int(p.Port)) + "/" + string(defaultProtocol(p.Protocol))
	if p.Name != "" {
		text = p.Name + " " + text
	}
	if p.AppProtocol != nil && *p.AppProtocol != "" {
		text += " " + *p.AppProtocol
	}
	return text
}

func portsText(e Export) string {
	texts := make([]string, len(e.Ports))
	for i, p := range e.Ports {
		texts[i] = portText(p)
	}
	return strings.Join(texts, ", ")
}

// disputedPorts returns the names of the ports that only one of two exports has in just this form; an unnamed port's number.
func disputedPorts(oldest, other Export) []string {
	return append(portsWithout(oldest.Ports, other.Ports), portsWithout(other.Ports, oldest.Ports)...)
}

// portsWithout names the ports that without has not.
func portsWithout(ports, without []Port) []string {
	var names []string
	for _, p := range ports {
		if slices.ContainsFunc(without, func(q Port) bool { return samePort(p, q) }) {
			continue
		}
		if p.Name == "" {
			names = append(names, portText(Port{Protocol: p.Protocol, Port: p.Port}))
		} else {
			names = append(names, p.Name)
		}
	}
	return names
}

// samePort reports whether two ports are alike in all that an import shows of them. An empty application protocol is an unset one.
func samePort(p, q Port) bool {
	return p.Name == q.Name && p.dialled() == q.dialled() && appProtocol(p) == appProtocol(q)
}

func appProtocol(p Port) string {
	if p.AppProtocol == nil {
		return ""
	}
	return *p.AppProtocol
}

func disputedLabels(oldest, other Export) []string {
	return disputedKeys(oldest.Labels, other.Labels)
}

func disputedAnnotations(oldest, other Export) []string {
	return disputedKeys(oldest.Annotations, other.Annotations)
}

// disputedKeys returns the keys that only one of two exported maps has, or that have another value in each. Reserved keys do not
// count, because they are not imported.
func disputedKeys(a, b map[string]string) []string {
	var keys []string
	for key, value := range a {
		if other, found := b[key]; (!found || other != value) && !ReservedKey(key) {
			keys = append(keys, key)
		}
	}
	for key := range b {
		if _, found := a[key]; !found && !ReservedKey(key) {
			keys = append(keys, key)
		}
	}
	return keys
}

func labelsText(e Export) string      { return mapText(e.Labels) }
func annotationsText(e Export) string { return mapText(e.Annotations) }

// mapText is an exported map in words: "x=1, y=2", by key.
func mapText(m map[string]string) string {
	m = unreserved(m)
	var texts []string
	for _, key := range slices.Sorted(maps.Keys(m)) {
		texts = append(texts, key+"="+m[key])
	}
	return strings.Join(texts, ", ")
}
