package explain

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/utils/ptr"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// node is what stands at one name: records by type. A node without records is an empty non-terminal.
type node map[uint16][]string

func (n node) add(qtype uint16, record string) { n[qtype] = append(n[qtype], record) }

// tree is every name of one service, by what stands before the service's own name; "" is the service itself.
type tree map[string]node

// at returns the node of a name, made with all names between it and the service where it is new.
func (t tree) at(before string) node {
	if n, found := t[before]; found {
		return n
	}
	t[before] = node{}
	if _, parent, found := strings.Cut(before, "."); found {
		t.at(parent)
	}
	return t[before]
}

// Expect returns the answer that the objects of the API ask for, of a name of a service (multicluster DNS specification, sections
// 2.3 and 2.4; RFC 8020). A nil import is none. It is also what a server that follows the specification says, but for the order of
// records and for a limit on how many it gives.
func Expect(q Question, si *mcsv1beta1.ServiceImport, imported []discoveryv1.EndpointSlice) Answer {
	a := Answer{Server: "the API", Name: q.Name, Rcode: "NXDOMAIN"}
	if si == nil {
		return a
	}
	var names tree
	switch name := q.serviceName(); si.Spec.Type {
	case mcsv1beta1.ClusterSetIP:
		names = virtual(name, si)
	case mcsv1beta1.Headless:
		names = headless(name, q, si, imported)
	}
	if at, found := names[q.Before]; found {
		a.Rcode, a.Records = "NOERROR", slices.Clone(at[q.Type])
		slices.Sort(a.Records)
		a.Records = slices.Compact(a.Records)
	}
	return a
}

// virtual is the tree of a service with a clusterset IP: it has no hosts and no clusters in it (section 2.3.4).
func virtual(name string, si *mcsv1beta1.ServiceImport) tree {
	names := tree{}
	self := names.at("")
	for _, ip := range si.Spec.IPs {
		if address, ok := usable(ip); ok {
			self.add(typeOf(address), address.String())
		}
	}
	if len(self) == 0 {
		return names
	}
	for label, number := range namedPorts(si) {
		names.at(label).add(dns.TypeSRV, srvText(number, name))
		self.add(dns.TypeSRV, srvText(number, name))
	}
	return names
}

// namedPorts are the ports of an import that have SRV records, by label: of two with one label the first counts.
func namedPorts(si *mcsv1beta1.ServiceImport) map[string]uint16 {
	ports := map[string]uint16{}
	for _, p := range si.Spec.Ports {
		label, ok := portLabel(p.Name, p.Protocol)
		if _, taken := ports[label]; ok && !taken && inRange(p.Port) {
			ports[label] = uint16(p.Port)
		}
	}
	return ports
}

func inRange(port int32) bool { return 0 < port && port < 1<<16 }

// headless is the tree of a service without an IP: its ready endpoints (section 2.4). Without any there is no name.
func headless(name string, q Question, si *mcsv1beta1.ServiceImport, imported []discoveryv1.EndpointSlice) tree {
	names := tree{}
	exposed := namedPorts(si)
	for _, slice := range imported {
		cluster, ok := sourceOf(slice, q.Service)
		if !ok {
			continue
		}
		ports := slicePorts(slice)
		if len(si.Spec.Ports) > 0 {
			maps.DeleteFunc(ports, func(label string, _ uint16) bool { _, found := exposed[label]; return !found })
		}
		for _, endpoint := range slice.Endpoints {
			for _, address := range answering(endpoint, slice.AddressType) {
				names.at("").add(typeOf(address), address.String())
				if host := hostLabel(endpoint, address); host != "" {
					names.addHost(host+"."+cluster, name, address, ports)
				}
			}
		}
	}
	return names
}

// answering are the addresses of an endpoint that are answered: those of the slice's family, and none unless it is ready.
func answering(endpoint discoveryv1.Endpoint, family discoveryv1.AddressType) []netip.Addr {
	if !ready(endpoint) {
		return nil
	}
	var addresses []netip.Addr
	for _, text := range endpoint.Addresses {
		if address, ok := usable(text); ok && address.Is4() == (family == discoveryv1.AddressTypeIPv4) {
			addresses = append(addresses, address)
		}
	}
	return addresses
}

// addHost adds a host of the service of that name, and the SRV records that lead to it; a host whose name is too long for DNS has none.
func (t tree) addHost(before, name string, address netip.Addr, ports map[string]uint16) {
	if len(before)+1+len(name) > 254 {
		return
	}
	t.at(before).add(typeOf(address), address.String())
	for label, number := range ports {
		target := srvText(number, before+"."+name)
		t.at(label).add(dns.TypeSRV, target)
		t.at("").add(dns.TypeSRV, target)
	}
}

// hosts are the host names of the tree, sorted: what stands before the service's name and has addresses.
func (t tree) hosts() []string {
	var hosts []string
	for before, n := range t {
		if before != "" && (len(n[dns.TypeA]) > 0 || len(n[dns.TypeAAAA]) > 0) {
			hosts = append(hosts, before)
		}
	}
	slices.Sort(hosts)
	return hosts
}

// sourceOf returns the cluster that an imported slice of the service is from, in lower case.
func sourceOf(slice discoveryv1.EndpointSlice, service string) (string, bool) {
	cluster := strings.ToLower(slice.Labels[mcsv1beta1.LabelSourceCluster])
	known := slice.AddressType == discoveryv1.AddressTypeIPv4 || slice.AddressType == discoveryv1.AddressTypeIPv6
	first, second, two := strings.Cut(cluster, ".")
	if !known || !isLabel(first) || two && !isLabel(second) || !strings.EqualFold(slice.Labels[mcsv1beta1.LabelServiceName], service) {
		return "", false
	}
	return cluster, true
}

// slicePorts are the ports of a slice that have a name and a number, by label: of two with one label the first counts.
func slicePorts(slice discoveryv1.EndpointSlice) map[string]uint16 {
	ports := map[string]uint16{}
	for _, p := range slice.Ports {
		label, ok := portLabel(ptr.Deref(p.Name, ""), ptr.Deref(p.Protocol, corev1.ProtocolTCP))
		if _, taken := ports[label]; ok && !taken && p.Port != nil && inRange(*p.Port) {
			ports[label] = uint16(*p.Port)
		}
	}
	return ports
}

// portLabel is how a port stands before the name of its service; false for an unnamed one, which has no SRV record.
func portLabel(name string, protocol corev1.Protocol) (string, bool) {
	if protocol == "" {
		protocol = corev1.ProtocolTCP
	}
	name = strings.ToLower(name)
	known := protocol == corev1.ProtocolTCP || protocol == corev1.ProtocolUDP || protocol == corev1.ProtocolSCTP
	if !known || !isLabel(name) || len(name) > 62 {
		return "", false
	}
	return "_" + name + "._" + strings.ToLower(string(protocol)), true
}

// hostLabel is an endpoint's host name, or its address in its place (section 2.4.2); "" for a host name that is no label.
func hostLabel(endpoint discoveryv1.Endpoint, address netip.Addr) string {
	if endpoint.Hostname != nil && *endpoint.Hostname != "" {
		if host := strings.ToLower(*endpoint.Hostname); isLabel(host) {
			return host
		}
		return ""
	}
	label := strings.NewReplacer(".", "-", ":", "-").Replace(address.String())
	if strings.HasPrefix(label, "-") {
		label = "0" + label
	}
	if strings.HasSuffix(label, "-") {
		label += "0"
	}
	return label
}

func ready(endpoint discoveryv1.Endpoint) bool {
	return endpoint.Conditions.Ready == nil || *endpoint.Conditions.Ready
}

func usable(text string) (netip.Addr, bool) {
	address, err := netip.ParseAddr(text)
	return address, err == nil && address.Zone() == "" && !address.Is4In6()
}

func typeOf(address netip.Addr) uint16 {
	if address.Is4() {
		return dns.TypeA
	}
	return dns.TypeAAAA
}

func srvText(port uint16, target string) string { return fmt.Sprintf("%d %s", port, shown(target)) }

// isLabel says whether s is a DNS label of letters, digits and inner hyphens.
func isLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	return strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}
