package multicluster

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// A snapshot file holds the state published last, so that CoreDNS can start and
// answer while the API server is away. It is lines of JSON: a savedHeader, a
// savedImport or savedSlice for each object, and a savedEnd with the checksum of
// all lines before it. What it says is checked like what the API server says.
const (
	savedFormat  = "multicluster snapshot"
	savedVersion = 1
	maxSavedSize = 1 << 30 // octets; larger files are not read
)

type savedHeader struct {
	Format  string    `json:"format"`
	Version int       `json:"version"`
	Server  string    `json:"server"` // the API server the state came from
	Saved   time.Time `json:"saved"`  // when the state was known to be current
}

type savedPort struct {
	Name     string `json:"name,omitempty"`
	Protocol string `json:"protocol,omitempty"`
	Number   int32  `json:"number,omitempty"`
}

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

type savedEnd struct {
	SHA256 string `json:"sha256"`
}

// saveFile replaces the file at path by one that holds s. The file is complete or
// as it was, whatever happens meanwhile.
func saveFile(path string, s *snapshot, server string, now time.Time) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("writing snapshot %q: %w", path, err)
	}
	err = errors.Join(writeSnapshot(f, s, server, now), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing snapshot %q: %w", path, errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

func writeSnapshot(to io.Writer, s *snapshot, server string, now time.Time) error {
	sum := sha256.New()
	w := bufio.NewWriter(to)
	lines := json.NewEncoder(io.MultiWriter(w, sum))
	err := lines.Encode(savedHeader{Format: savedFormat, Version: savedVersion, Server: server, Saved: now})
	for svc := range s.services.all() {
		if svc.imp != nil {
			err = errors.Join(err, lines.Encode(savedObject{Import: saveImport(svc.imp)}))
		}
		for _, p := range svc.slices {
			err = errors.Join(err, lines.Encode(savedObject{Slice: saveSlice(p)}))
		}
		if err != nil {
			return err
		}
	}
	end := savedObject{End: &savedEnd{SHA256: hex.EncodeToString(sum.Sum(nil))}}
	return errors.Join(err, json.NewEncoder(w).Encode(end), w.Flush())
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

// loadFile reads the state in the file at path, which must come from server and
// not be older than maxAge. A file that is not there is no error and no state.
func loadFile(path, server string, maxAge time.Duration, now time.Time, keep func(savedObject) bool) (*state, time.Time, error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, time.Time{}, nil
	}
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("reading snapshot %q: %w", path, err)
	}
	if info.Size() > maxSavedSize {
		return nil, time.Time{}, fmt.Errorf("reading snapshot %q: it has %d octets, more than %d", path, info.Size(), maxSavedSize)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("reading snapshot %q: %w", path, err)
	}
	st, saved, err := readSnapshot(data, keep)
	switch {
	case err != nil:
		return nil, time.Time{}, fmt.Errorf("reading snapshot %q: %w", path, err)
	case saved.Server != server:
		return nil, time.Time{}, fmt.Errorf("reading snapshot %q: it was taken from API server %q, not from %q", path, saved.Server, server)
	case now.Sub(saved.Saved) > maxAge:
		return nil, time.Time{}, fmt.Errorf("reading snapshot %q: it was current %v ago, more than %v", path, now.Sub(saved.Saved).Round(time.Second), maxAge)
	}
	return st, saved.Saved, nil
}

// readSnapshot reads the contents of a snapshot file and keeps the objects that
// are wanted.
func readSnapshot(data []byte, keep func(savedObject) bool) (*state, savedHeader, error) {
	var header savedHeader
	first, rest, _ := bytes.Cut(data, []byte("\n"))
	if err := json.Unmarshal(first, &header); err != nil || header.Format != savedFormat {
		return nil, header, errors.New("it is not a snapshot")
	}
	if header.Version != savedVersion {
		return nil, header, fmt.Errorf("it has version %d, not %d", header.Version, savedVersion)
	}
	end := bytes.LastIndexByte(bytes.TrimSuffix(data, []byte("\n")), '\n') + 1
	var last savedObject
	if err := json.Unmarshal(data[end:], &last); err != nil || last.End == nil {
		return nil, header, errors.New("its end is missing")
	}
	if sum := sha256.Sum256(data[:end]); hex.EncodeToString(sum[:]) != last.End.SHA256 {
		return nil, header, errors.New("its checksum is wrong")
	}
	st, err := restore(rest[:max(0, len(rest)-(len(data)-end))], keep)
	return st, header, err
}

func restore(lines []byte, keep func(savedObject) bool) (*state, error) {
	c := state{}.change()
	compact := new(compactor)
	slicesOf := make(map[string][]*slice)
	for line := range bytes.Lines(lines) {
		var o savedObject
		if err := json.Unmarshal(line, &o); err != nil {
			return nil, fmt.Errorf("reading an object: %w", err)
		}
		switch {
		case !keep(o):
		case o.Import != nil:
			c.setImport(o.Import.restore(compact))
		case o.Slice != nil:
			if p := compact.newSlice(o.Slice.restore()); p.service != "" {
				slicesOf[p.service] = append(slicesOf[p.service], p)
			}
		}
	}
	for key, all := range slicesOf {
		old := c.service(key)
		c.put(old, old.withSlices(all))
	}
	st := c.state()
	return &st, nil
}

func (s *savedImport) restore(c *compactor) *imported {
	ports := make([]rawPort, len(s.Ports))
	for i := range s.Ports {
		ports[i] = rawPort{name: s.Ports[i].Name, protocol: corev1.Protocol(s.Ports[i].Protocol), number: &s.Ports[i].Number}
	}
	return c.newImported(s.Namespace, s.Name, s.Type, s.IPs, ports)
}

func (s *savedSlice) restore() *discoveryv1.EndpointSlice {
	o := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.Namespace, Name: s.Name, Labels: map[string]string{
			mcsv1beta1.LabelServiceName: s.Service, mcsv1beta1.LabelSourceCluster: s.Cluster,
		}},
		AddressType: discoveryv1.AddressType(s.Family),
	}
	for i := range s.Ports {
		p := &s.Ports[i]
		protocol := corev1.Protocol(p.Protocol)
		port := discoveryv1.EndpointPort{Name: &p.Name, Protocol: &protocol}
		if p.Number != 0 {
			port.Port = &p.Number
		}
		o.Ports = append(o.Ports, port)
	}
	for i, a := range s.Addresses {
		e := discoveryv1.Endpoint{Addresses: []string{a}}
		if i < len(s.Hosts) {
			e.Hostname = &s.Hosts[i]
		}
		o.Endpoints = append(o.Endpoints, e)
	}
	o.Endpoints = slices.Clip(o.Endpoints)
	return o
}
