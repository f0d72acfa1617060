package multicluster

import (
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// savedObject is one line of a snapshot file after the first: an import, a slice
// or the end.
type savedObject struct {
	Import *savedImport `json:"import,omitempty"`
	Slice  *savedSlice  `json:"slice,omitempty"`
	End    *savedEnd    `json:"end,omitempty"`
}

type savedImport struct {
	Namespace string      `json:"namespace"`
	Name      string      `json:"name"`
	Type      string      `json:"type"`
	IPs       []string    `json:"ips,omitempty"`
	Ports     []savedPort `json:"ports,omitempty"`
}

type savedSlice struct {
	Namespace string      `json:"namespace"`
	Name      string      `json:"name"`
	Service   string      `json:"service"`
	Cluster   string      `json:"cluster"`
	Family    string      `json:"family"`
	Ports     []savedPort `json:"ports,omitempty"`
	Addresses []string    `json:"addresses,omitempty"`
	Hosts     []string    `json:"hosts,omitempty"` // as in slice
}

type savedPort struct {
	Name     string `json:"name,omitempty"`
	Protocol string `json:"protocol,omitempty"`
	Number   int32  `json:"number,omitempty"`
}

func saveImport(i *imported) *savedImport {
	s := &savedImport{Namespace: i.namespace, Name: i.name, Type: string(mcsv1beta1.ClusterSetIP), Ports: savePorts(i.ports)}
	if i.headless {
		s.Type = string(mcsv1beta1.Headless)
	}
	for _, a := range i.addresses {
		s.IPs = append(s.IPs, a.String())
	}
	return s
}

func saveSlice(p *slice) *savedSlice {
	s := &savedSlice{
		Namespace: p.namespace, Name: p.name, Service: p.serviceName(), Cluster: p.cluster,
		Family: string(discoveryv1.AddressTypeIPv4), Ports: savePorts(p.ports), Hosts: p.hosts,
	}
	if p.ipv6 {
		s.Family = string(discoveryv1.AddressTypeIPv6)
	}
	for i := range p.len() {
		s.Addresses = append(s.Addresses, p.address(i).String())
	}
	return s
}

func savePorts(ports []port) []savedPort {
	saved := make([]savedPort, len(ports))
	for i, p := range ports {
		saved[i] = savedPort{Name: p.name, Protocol: p.proto.String(), Number: int32(p.number)}
	}
	return saved
}

func (s *savedImport) restore(c *compactor) *imported {
	ports := make([]rawPort, len(s.Ports))
	for i := range s.Ports {
		ports[i] = s.Ports[i].raw()
	}
	return c.newImported(s.Namespace, s.Name, s.Type, s.IPs, ports)
}

func (s *savedSlice) restore(c *compactor) *slice {
	p, ok := c.beginSlice(s.Namespace, s.Name, s.Service, s.Cluster, discoveryv1.AddressType(s.Family))
	if !ok {
		return p
	}
	ports := make([]rawPort, len(s.Ports))
	for i := range s.Ports {
		if ports[i] = s.Ports[i].raw(); s.Ports[i].Number == 0 {
			ports[i].number = nil
		}
	}
	p.ports = c.ports(c.parsePorts(ports))
	for i, address := range s.Addresses {
		host := ""
		if i < len(s.Hosts) {
			host = s.Hosts[i]
		}
		c.addEndpoint(p, address, host)
	}
	c.endSlice(p)
	return p
}

func (p *savedPort) raw() rawPort {
	return rawPort{name: p.Name, protocol: corev1.Protocol(p.Protocol), number: &p.Number}
}
