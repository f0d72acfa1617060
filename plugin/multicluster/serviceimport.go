package multicluster

import (
	"net/netip"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	mcsv1alpha1 "sigs.k8s.io/mcs-api/pkg/apis/v1alpha1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// imported is what DNS needs of one ServiceImport. It is never changed.
type imported struct {
	namespace string
	name      string
	valid     bool // false: counted, and no name of it is served
	headless  bool
	addresses []netip.Addr // of the clusterset IP, without repetition
	ports     []port
}

// key returns the key of the service in a snapshot.
func (i *imported) key() string { return serviceKey(i.name, i.namespace) }

// serviceKey joins a service and its namespace as they stand in a name.
func serviceKey(name, namespace string) string {
	return strings.ToLower(name) + "." + strings.ToLower(namespace)
}

// GetObjectMeta lets a reflector find the name of what it holds.
func (i *imported) GetObjectMeta() metav1.Object {
	return &metav1.ObjectMeta{Namespace: i.namespace, Name: i.name}
}

// equal reports whether i and o give the same answers.
func (i *imported) equal(o *imported) bool {
	return i.valid == o.valid && i.headless == o.headless &&
		slices.Equal(i.addresses, o.addresses) && slices.Equal(i.ports, o.ports)
}

// serviceImport turns a ServiceImport of either version into its compact form,
// or returns false when object is something else.
func (c *compactor) serviceImport(object any) (*imported, bool) {
	switch o := object.(type) {
	case *imported:
		return o, true
	case *mcsv1beta1.ServiceImport:
		ports := make([]rawPort, len(o.Spec.Ports))
		for i := range o.Spec.Ports {
			p := &o.Spec.Ports[i]
			ports[i] = rawPort{name: p.Name, protocol: p.Protocol, number: &p.Port}
		}
		return c.newImported(o.Namespace, o.Name, string(o.Spec.Type), o.Spec.IPs, ports), true
	case *mcsv1alpha1.ServiceImport:
		ports := make([]rawPort, len(o.Spec.Ports))
		for i := range o.Spec.Ports {
			p := &o.Spec.Ports[i]
			ports[i] = rawPort{name: p.Name, protocol: p.Protocol, number: &p.Port}
		}
		return c.newImported(o.Namespace, o.Name, string(o.Spec.Type), o.Spec.IPs, ports), true
	}
	return nil, false
}

func (c *compactor) newImported(namespace, name, kind string, ips []string, ports []rawPort) *imported {
	i := &imported{namespace: c.text(namespace), name: strings.Clone(name)}
	if !isObjectName(name) || !isObjectName(namespace) {
		c.reject(badImportName)
		return i
	}
	switch mcsv1beta1.ServiceImportType(kind) {
	case mcsv1beta1.Headless:
		i.headless = true
	case mcsv1beta1.ClusterSetIP:
		i.addresses = c.parseAddresses(ips)
	default:
		c.reject(badImportType)
		return i
	}
	i.ports = c.ports(c.parsePorts(ports))
	i.valid = true
	return i
}

func (c *compactor) parseAddresses(texts []string) []netip.Addr {
	var addresses []netip.Addr
	for _, text := range texts {
		a, ok := parseAddress(text)
		if !ok {
			c.reject(badAddress)
			continue
		}
		addresses = append(addresses, a)
	}
	slices.SortFunc(addresses, netip.Addr.Compare)
	return slices.Compact(addresses)
}
