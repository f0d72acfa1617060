package multicluster

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// savedObject is one line of a snapshot file after the first: an import, a slice
// or the end. Lists are texts with commas, in which nothing has to be escaped:
// they read several times as fast as arrays.
type savedObject struct {
	Import *savedImport `json:"import,omitempty"`
	Slice  *savedSlice  `json:"slice,omitempty"`
	End    *savedEnd    `json:"end,omitempty"`
}

type savedImport struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Type      string `json:"type"`
	IPs       string `json:"ips,omitempty"`
	Ports     string `json:"ports,omitempty"` // each as name/protocol/number
}

type savedSlice struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Service   string `json:"service"`
	Cluster   string `json:"cluster"`
	Family    string `json:"family"`
	Ports     string `json:"ports,omitempty"` // as in savedImport; number 0: it has none
	Addresses string `json:"addresses,omitempty"`
	Hosts     string `json:"hosts,omitempty"` // as in slice
}

type savedEnd struct {
	SHA256 string `json:"sha256"`
}

func saveImport(i *imported) *savedImport {
	s := &savedImport{Namespace: i.namespace, Name: i.name, Type: string(mcsv1beta1.ClusterSetIP), Ports: savePorts(i.ports)}
	if i.headless {
		s.Type = string(mcsv1beta1.Headless)
	}
	ips := make([]string, len(i.addresses))
	for at, a := range i.addresses {
		ips[at] = a.String()
	}
	s.IPs = strings.Join(ips, ",")
	return s
}

func saveSlice(p *slice) *savedSlice {
	s := &savedSlice{
		Namespace: p.namespace, Name: p.name, Service: p.serviceName(), Cluster: p.cluster,
		Family: string(discoveryv1.AddressTypeIPv4), Ports: savePorts(p.ports), Hosts: strings.Join(p.hosts, ","),
	}
	if p.ipv6 {
		s.Family = string(discoveryv1.AddressTypeIPv6)
	}
	addresses := make([]string, p.len())
	for i := range addresses {
		addresses[i] = p.address(i).String()
	}
	s.Addresses = strings.Join(addresses, ",")
	return s
}

func savePorts(ports []port) string {
	saved := make([]string, len(ports))
	for i, p := range ports {
		saved[i] = fmt.Sprintf("%s/%s/%d", p.name, p.proto, p.number)
	}
	return strings.Join(saved, ",")
}

func (s *savedImport) restore(c *compactor) *imported {
	var ips []string
	if s.IPs != "" {
		ips = strings.Split(s.IPs, ",")
	}
	return c.newImported(s.Namespace, s.Name, s.Type, ips, restorePorts(s.Ports))
}

func (s *savedSlice) restore(c *compactor) *slice {
	p, ok := c.beginSlice(s.Namespace, s.Name, s.Service, s.Cluster, discoveryv1.AddressType(s.Family))
	if !ok {
		return p
	}
	ports := restorePorts(s.Ports)
	for i := range ports {
		if *ports[i].number == 0 {
			ports[i].number = nil
		}
	}
	p.ports = c.ports(c.parsePorts(ports))
	for addresses, hosts := s.Addresses, s.Hosts; addresses != ""; {
		var address, host string
		address, addresses, _ = strings.Cut(addresses, ",")
		host, hosts, _ = strings.Cut(hosts, ",")
		c.addEndpoint(p, address, host)
	}
	c.endSlice(p)
	return p
}

// restorePorts reads what savePorts writes. What is no number is a number that
// no port has.
func restorePorts(saved string) []rawPort {
	var ports []rawPort
	for saved != "" {
		var one string
		one, saved, _ = strings.Cut(saved, ",")
		name, rest, _ := strings.Cut(one, "/")
		proto, digits, _ := strings.Cut(rest, "/")
		parsed, err := strconv.ParseInt(digits, 10, 32)
		if err != nil {
			parsed = -1
		}
		number := int32(parsed)
		ports = append(ports, rawPort{name: name, protocol: corev1.Protocol(proto), number: &number})
	}
	return ports
}

// decodeObjects reads lines of objects, on all processors at once.
func decodeObjects(lines []byte) ([][]savedObject, error) {
	parts := runtime.GOMAXPROCS(0)
	objects, errs := make([][]savedObject, parts), make([]error, parts)
	var all sync.WaitGroup
	for i, from := 0, 0; i < parts; i++ {
		to := max(from, len(lines)*(i+1)/parts)
		if end := bytes.IndexByte(lines[to:], '\n'); end >= 0 && i+1 < parts {
			to += end + 1
		} else {
			to = len(lines)
		}
		part := lines[from:to]
		from = to
		all.Go(func() { objects[i], errs[i] = decodeLines(part) })
	}
	all.Wait()
	return objects, errors.Join(errs...)
}

func decodeLines(lines []byte) ([]savedObject, error) {
	var objects []savedObject
	for line := range bytes.Lines(lines) {
		var o savedObject
		if err := json.Unmarshal(line, &o); err != nil {
			return nil, fmt.Errorf("reading an object: %w", err)
		}
		objects = append(objects, o)
	}
	return objects, nil
}
