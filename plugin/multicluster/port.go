package multicluster

import (
	"math"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// protocol is the transport of a port. The zero value is TCP, which is also what
// the API means by an empty protocol.
type protocol uint8

const (
	tcp protocol = iota
	udp
	sctp
)

// String returns the protocol as the API spells it.
func (p protocol) String() string {
	return string([...]corev1.Protocol{corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP}[p])
}

// label returns the protocol as it stands in the name of an SRV record.
func (p protocol) label() string {
	return [...]string{"_tcp", "_udp", "_sctp"}[p]
}

func parseProtocol(p corev1.Protocol) (protocol, bool) {
	switch p {
	case "", corev1.ProtocolTCP:
		return tcp, true
	case corev1.ProtocolUDP:
		return udp, true
	case corev1.ProtocolSCTP:
		return sctp, true
	}
	return 0, false
}

// port is one port of a service. The name is in lower case, and empty when the
// port has none; a number of zero means that the port has none.
type port struct {
	name   string
	proto  protocol
	number uint16
}

// label returns what stands before the service in the name of the SRV record of
// p, for example "_http._tcp".
func (p port) label() string { return "_" + p.name + "." + p.proto.label() }

// rawPort is a port as the API gives it; a nil number is one that is not set.
type rawPort struct {
	name     string
	protocol corev1.Protocol
	number   *int32
}

// parsePorts checks ports one by one and returns the good ones in their order.
// Only the first port of a name and protocol counts.
func (c *compactor) parsePorts(raw []rawPort) []port {
	if len(raw) == 0 {
		return nil
	}
	ports := make([]port, 0, len(raw))
	var seen map[port]bool
	if len(raw) > 1 {
		seen = make(map[port]bool, len(raw))
	}
	for _, r := range raw {
		p := port{name: strings.ToLower(r.name)}
		proto, known := parseProtocol(r.protocol)
		switch {
		case !known:
			c.reject(badProtocol)
			continue
		case r.number != nil && (*r.number < 1 || *r.number > math.MaxUint16):
			c.reject(badPortNumber)
			continue
		case p.name != "" && !isLabel(p.name):
			c.reject(badPortName)
			continue
		case len(p.name) >= maxLabel: // the underscore is part of the label
			c.reject(nameTooLong)
			continue
		}
		p.proto = proto
		if seen[p] {
			c.reject(duplicatePort)
			continue
		}
		if seen != nil {
			seen[p] = true
		}
		if r.number != nil {
			p.number = uint16(*r.number)
		}
		ports = append(ports, p)
	}
	return ports
}
