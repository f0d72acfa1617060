package mcs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// protoPort is what a client dials. It is what makes two ports the same port, whatever their names.
type protoPort struct {
	protocol corev1.Protocol
	port     int32
}

// defaultProtocol spells out the API's default for a port's protocol.
func defaultProtocol(p corev1.Protocol) corev1.Protocol {
	if p == "" {
		return corev1.ProtocolTCP
	}
	return p
}

func (p Port) dialled() protoPort { return protoPort{defaultProtocol(p.Protocol), p.Port} }

// unionPorts merges the ports of exports, which are in order of precedence: first by name, then by protocol and port (KEP-1645,
// "Service Port"). The unnamed port is a name like any other, so at most one is left, which is then named if it is not alone:
// Kubernetes takes an unnamed port only in a Service that has no other.
func unionPorts(ordered []Export) []Port {
	union := []Port{}
	names := map[string]bool{}
	dialled := map[protoPort]bool{}
	for _, e := range ordered {
		for _, p := range e.Ports {
			p.Protocol = defaultProtocol(p.Protocol)
			if names[p.Name] || dialled[p.dialled()] {
				continue
			}
			names[p.Name], dialled[p.dialled()] = true, true
			union = append(union, p)
		}
	}
	unnamed := slices.IndexFunc(union, func(p Port) bool { return p.Name == "" })
	if len(union) > 1 && unnamed >= 0 {
		union[unnamed].Name = nameFor(union[unnamed].dialled(), ordered, names)
	}
	return union
}

// nameFor names an unnamed port: as the oldest export that names it does, unless another port of the union has that name, else
// after its protocol and number.
func nameFor(port protoPort, ordered []Export, taken map[string]bool) string {
	if given := givenName(port, ordered); given != "" && !taken[given] {
		return given
	}
	base := strings.ToLower(string(port.protocol)) + "-" + strconv.Itoa(int(port.port))
	name := base
	for n := 2; taken[name]; n++ {
		name = fmt.Sprintf("%s-%d", base, n)
	}
	return name
}

// givenName is the name that the first export in precedence which names the port has for it, "" if none does.
func givenName(port protoPort, ordered []Export) string {
	for _, e := range ordered {
		for _, p := range e.Ports {
			if p.Name != "" && p.dialled() == port {
				return p.Name
			}
		}
	}
	return ""
}
