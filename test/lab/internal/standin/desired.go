package standin

import (
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/utils/ptr"
)

// Table says which addresses take connections and where they lead. One without backends refuses connections.
type Table map[netip.AddrPort][]netip.AddrPort

// serviceName is a namespace and a name.
type serviceName struct{ namespace, name string }

// Desired is the table for all Services with ClusterIPs and all slices of the cluster. A Service's port and a slice's port
// belong together when they have the same name, whatever their numbers; a slice leads to the ClusterIP of its own address
// family. Endpoints that are ready are used; if a port has none, those that still serve while they terminate. What cannot
// be read is left out.
func Desired(services []*corev1.Service, slices []*discoveryv1.EndpointSlice) Table {
	byService := map[serviceName][]*discoveryv1.EndpointSlice{}
	for _, slice := range slices {
		owner := serviceName{slice.Namespace, slice.Labels[discoveryv1.LabelServiceName]}
		byService[owner] = append(byService[owner], slice)
	}
	table := Table{}
	for _, service := range services {
		for _, ip := range service.Spec.ClusterIPs {
			address, err := netip.ParseAddr(ip)
			if err != nil {
				continue // headless, or not yet given
			}
			for _, port := range service.Spec.Ports {
				if port.Protocol == corev1.ProtocolTCP || port.Protocol == "" {
					table[netip.AddrPortFrom(address, uint16(port.Port))] =
						backends(byService[serviceName{service.Namespace, service.Name}], address, port.Name)
				}
			}
		}
	}
	return table
}

func backends(slices []*discoveryv1.EndpointSlice, family netip.Addr, portName string) []netip.AddrPort {
	var ready, leaving []netip.AddrPort
	for _, slice := range slices {
		port, ok := portOf(slice, portName)
		if !ok {
			continue
		}
		for _, endpoint := range slice.Endpoints {
			address, ok := addressOf(endpoint, family)
			switch {
			case !ok:
			case ptr.Deref(endpoint.Conditions.Ready, true):
				ready = append(ready, netip.AddrPortFrom(address, port))
			case ptr.Deref(endpoint.Conditions.Serving, false) && ptr.Deref(endpoint.Conditions.Terminating, false):
				leaving = append(leaving, netip.AddrPortFrom(address, port))
			}
		}
	}
	if len(ready) == 0 {
		return leaving
	}
	return ready
}

func portOf(slice *discoveryv1.EndpointSlice, name string) (uint16, bool) {
	for _, port := range slice.Ports {
		tcp := ptr.Deref(port.Protocol, corev1.ProtocolTCP) == corev1.ProtocolTCP
		if tcp && ptr.Deref(port.Name, "") == name && port.Port != nil {
			return uint16(*port.Port), true
		}
	}
	return 0, false
}

// addressOf is an endpoint's address, the first of them, if it is one of the same family as another address.
func addressOf(endpoint discoveryv1.Endpoint, family netip.Addr) (netip.Addr, bool) {
	if len(endpoint.Addresses) == 0 {
		return netip.Addr{}, false
	}
	address, err := netip.ParseAddr(endpoint.Addresses[0])
	return address, err == nil && address.Is4() == family.Is4()
}
