package mcs

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/utils/ptr"
)

// SliceOf reads the Slice under a name in the source cluster from an EndpointSlice: the source's own, or an imported one that stands
// for it. The result shares memory with the EndpointSlice.
func SliceOf(name string, from *discoveryv1.EndpointSlice) Slice {
	s := Slice{
		Name:        name,
		AddressType: from.AddressType,
		Ports:       make([]SlicePort, len(from.Ports)),
		Endpoints:   make([]Endpoint, len(from.Endpoints)),
		Triggered:   triggered(from),
	}
	for i, p := range from.Ports {
		s.Ports[i] = SlicePort{
			Name: ptr.Deref(p.Name, ""), Protocol: ptr.Deref(p.Protocol, corev1.ProtocolTCP), AppProtocol: p.AppProtocol, Port: p.Port,
		}
	}
	for i, e := range from.Endpoints {
		s.Endpoints[i] = Endpoint{
			Addresses:   e.Addresses,
			Hostname:    ptr.Deref(e.Hostname, ""),
			Zone:        ptr.Deref(e.Zone, ""),
			NodeName:    ptr.Deref(e.NodeName, ""),
			Ready:       e.Conditions.Ready,
			Serving:     e.Conditions.Serving,
			Terminating: e.Conditions.Terminating,
		}
	}
	return s
}

// triggered is when the change that an EndpointSlice shows happened, as the EndpointSlice controller states it; zero where it does
// not, or not in the form it uses.
func triggered(from *discoveryv1.EndpointSlice) time.Time {
	stated, err := time.Parse(time.RFC3339Nano, from.Annotations[corev1.EndpointsLastChangeTriggerTime])
	if err != nil {
		return time.Time{}
	}
	return stated
}
