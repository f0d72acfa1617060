package explain

import (
	"fmt"
	"strings"

	"github.com/miekg/dns"
	"k8s.io/apimachinery/pkg/types"
)

// DefaultZone is the zone of imported services (KEP-1645, "DNS").
const DefaultZone = "clusterset.local."

// Form is what kind of name a question is about.
type Form string

// The forms of a name (multicluster DNS specification, sections 2.2 to 2.4).
const (
	// Foreign is a name outside the zone.
	Foreign Form = "foreign"
	// Short is a name that only a search list could complete.
	Short Form = "short"
	// Astray is a name in the zone that no service can have.
	Astray Form = "astray"
	// Fixed is a name that the zone has whatever is imported: its apex, dns-version, ns.dns, svc.
	Fixed Form = "fixed"
	// OfService is the name of a service.
	OfService Form = "service"
	// OfPort is _port._protocol before the name of a service.
	OfPort Form = "port"
	// Below is anything else before the name of a service: a host and its cluster where the name is good.
	Below Form = "below"
)

// Question is what was asked.
type Question struct {
	// Typed is the name as it was given; Name is the same in lower case with its last dot, as the server is asked.
	Typed, Name string
	// Type is the type of record.
	Type uint16
	// Absolute says that the name was given with its last dot, so that no resolver searches for it.
	Absolute bool
	// Zone is the zone the name is in, "" for Foreign and Short.
	Zone string
	Form Form
	// Service and Namespace are those in the name, and Before is what stands before them, without the dot between.
	Service, Namespace, Before string
}

// Ask reads a name and a type as a person gives them. Zones end with a dot; none is [DefaultZone]. An error is one of usage.
func Ask(name, qtype string, zones ...string) (Question, error) {
	if len(zones) == 0 {
		zones = []string{DefaultZone}
	}
	q := Question{Typed: name, Absolute: strings.HasSuffix(name, "."), Name: strings.ToLower(dns.Fqdn(name))}
	var known bool
	if q.Type, known = dns.StringToType[strings.ToUpper(qtype)]; !known {
		return q, fmt.Errorf("there is no type of record %q: A, AAAA, SRV, TXT and PTR are those that matter here", qtype)
	}
	if labels, ok := dns.IsDomainName(q.Name); !ok || labels == 0 || q.Name == "." || strings.ContainsAny(q.Name, "/ \\:") {
		return q, fmt.Errorf("%q is not a DNS name: give one such as checkout.shop.svc.clusterset.local", name)
	}
	for _, zone := range zones {
		if dns.IsSubDomain(zone, q.Name) && len(zone) > len(q.Zone) {
			q.Zone = zone
		}
	}
	q.classify()
	return q, nil
}

func (q *Question) classify() {
	if q.Zone == "" {
		q.Form = Foreign
		if labels := dns.SplitDomainName(q.Name); !q.Absolute && (len(labels) < 3 || len(labels) == 3 && labels[2] == "svc") {
			q.Form, q.Service = Short, labels[0]
			if len(labels) > 1 {
				q.Namespace = labels[1]
			}
		}
		return
	}
	labels := dns.SplitDomainName(strings.TrimSuffix(q.Name, q.Zone))
	n := len(labels)
	switch {
	case n == 0, n == 1 && (labels[0] == "dns-version" || labels[0] == "dns" || labels[0] == "svc"), n == 2 && labels[0] == "ns" && labels[1] == "dns":
		q.Form = Fixed
	case labels[n-1] != "svc":
		q.Form = Astray
	case n == 2:
		q.Form, q.Namespace = Fixed, labels[0]
	default:
		q.Service, q.Namespace, q.Before = labels[n-3], labels[n-2], strings.Join(labels[:n-3], ".")
		switch {
		case q.Before == "":
			q.Form = OfService
		case n == 5 && strings.HasPrefix(labels[0], "_") && strings.HasPrefix(labels[1], "_"):
			q.Form = OfPort
		default:
			q.Form = Below
		}
	}
}

// Key is the namespace and name of the service in the name.
func (q Question) Key() types.NamespacedName {
	return types.NamespacedName{Namespace: q.Namespace, Name: q.Service}
}

// named says whether the question is about a service.
func (q Question) named() bool { return q.Form == OfService || q.Form == OfPort || q.Form == Below }

// TypeName is the type in letters.
func (q Question) TypeName() string { return dns.TypeToString[q.Type] }

// shown is a name for people: without its last dot.
func shown(name string) string { return strings.TrimSuffix(name, ".") }

// serviceName is the full name of a service.
func (q Question) serviceName() string {
	zone := q.Zone
	if zone == "" {
		zone = DefaultZone
	}
	return q.Service + "." + q.Namespace + ".svc." + zone
}

// guess is the name that was probably meant by one that no service has, "" for no idea.
func (q Question) guess() string {
	labels := dns.SplitDomainName(q.Name)
	switch {
	case q.Form == Short && q.Namespace != "":
		return shown(q.serviceName())
	case q.Form == Foreign && strings.HasSuffix(q.Name, ".svc.cluster.local."):
		return shown(strings.TrimSuffix(q.Name, "cluster.local.") + DefaultZone)
	case q.Form == Astray:
		below := dns.SplitDomainName(strings.TrimSuffix(q.Name, q.Zone))
		if len(below) == 2 {
			return shown(below[0] + "." + below[1] + ".svc." + q.Zone)
		}
	case q.Form == Foreign && len(labels) == 3 && labels[2] == "svc":
		return shown(q.Name + DefaultZone)
	}
	return ""
}
