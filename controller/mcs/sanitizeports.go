package mcs

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/validate/content"
)

// ports keeps the ports of a service that Kubernetes would take: a label or nothing for a name, which is nothing only for a port
// that is alone, and names and numbers unique (KEP-1645, "Service Port").
func (r *rejections) ports(ports []Port) []Port {
	var kept []Port
	names := map[string]bool{}
	dialled := map[protoPort]bool{}
	for _, p := range limited(r, ports, MaxPorts, "ports") {
		if problem := portProblem(p.Name, p.Protocol, p.Port); problem != "" {
			r.add(RejectedPort, "port %q %d/%s %s", clip(p.Name), p.Port, clip(string(p.Protocol)), problem)
			continue
		}
		p.Protocol = defaultProtocol(p.Protocol)
		if names[p.Name] || dialled[p.dialled()] {
			r.add(RejectedDuplicate, "port %q %d/%s has a name or a number that another has", p.Name, p.Port, p.Protocol)
			continue
		}
		p.AppProtocol = r.appProtocol(p.AppProtocol)
		names[p.Name], dialled[p.dialled()] = true, true
		kept = append(kept, p)
	}
	if len(kept) < 2 || !names[""] {
		return kept
	}
	named := make([]Port, 0, len(kept)-1)
	for _, p := range kept {
		if p.Name == "" {
			r.add(RejectedPort, "port %d/%s has no name beside other ports", p.Port, p.Protocol)
			continue
		}
		named = append(named, p)
	}
	return named
}

// slicePorts keeps the ports of a slice that Kubernetes would take.
func (r *rejections) slicePorts(slice string, ports []SlicePort) []SlicePort {
	var kept []SlicePort
	names := map[string]bool{}
	for _, p := range limited(r, ports, MaxPorts, "ports of a slice") {
		number := int32(1)
		if p.Port != nil {
			number = *p.Port
		}
		if problem := portProblem(p.Name, p.Protocol, number); problem != "" {
			r.add(RejectedPort, "port %q %d/%s of slice %q %s", clip(p.Name), number, clip(string(p.Protocol)), slice, problem)
			continue
		}
		if names[p.Name] {
			r.add(RejectedDuplicate, "port %q of slice %q is there twice", p.Name, slice)
			continue
		}
		names[p.Name] = true
		p.Protocol = defaultProtocol(p.Protocol)
		p.AppProtocol = r.appProtocol(p.AppProtocol)
		kept = append(kept, p)
	}
	return kept
}

// portProblem says what is wrong with a port, "" if nothing is.
func portProblem(name string, protocol corev1.Protocol, number int32) string {
	switch defaultProtocol(protocol) {
	case corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP:
	default:
		return "has an unknown protocol"
	}
	if number < 1 || number > 65535 {
		return "has a number outside 1 to 65535"
	}
	if name != "" && len(content.IsDNS1123Label(name)) > 0 {
		return "has a name that is no DNS label"
	}
	return ""
}

// appProtocol unsets an application protocol that Kubernetes would not take, because it would refuse the whole derived Service for
// it. An empty one says what an unset one says.
func (r *rejections) appProtocol(p *string) *string {
	if p == nil || *p == "" {
		return nil
	}
	if len(content.IsLabelKey(*p)) > 0 {
		r.add(RejectedPort, "application protocol %q is not a qualified name", clip(*p))
		return nil
	}
	return p
}
