package mcs

import (
	"slices"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/validate/content"
)

// slices keeps the slices of IP addresses with a usable name, sorted by it, each without what is unusable in it. A slice without
// any endpoint left stays: that a service is exported does not depend on its endpoints.
func (r *rejections) slices(list []Slice) []Slice {
	var kept []Slice
	last := ""
	for _, s := range limited(r, byName(list), MaxSlices, "slices") {
		switch {
		case len(content.IsDNS1123Subdomain(s.Name)) > 0:
			r.add(RejectedSlice, "slice %q has a name that is no DNS subdomain", clip(s.Name))
			continue
		case s.AddressType != discoveryv1.AddressTypeIPv4 && s.AddressType != discoveryv1.AddressTypeIPv6:
			r.add(RejectedSlice, "slice %q has addresses of type %q", s.Name, clip(string(s.AddressType)))
			continue
		case s.Name == last:
			r.add(RejectedDuplicate, "slice %q is there twice", s.Name)
			continue
		}
		last = s.Name
		s.Ports = r.slicePorts(s.Name, s.Ports)
		s.Endpoints = r.endpoints(s)
		kept = append(kept, s)
	}
	return kept
}

// endpoints keeps the endpoints of a slice that have a usable address, in their order. Nearly always those are all of them, just as
// they are: the list is then returned as it was given, because lists of endpoints are most of what a controller holds in memory.
func (r *rejections) endpoints(s Slice) []Endpoint {
	if len(s.Endpoints) <= MaxEndpoints && !slices.ContainsFunc(s.Endpoints, s.needsCare) {
		return s.Endpoints
	}
	var kept []Endpoint
	for _, e := range limited(r, s.Endpoints, MaxEndpoints, "endpoints of a slice") {
		if len(e.Addresses) == 0 {
			r.add(RejectedEndpoint, "an endpoint of slice %q has no address", s.Name)
			continue
		}
		if e.Addresses = r.addresses(s, e.Addresses); len(e.Addresses) == 0 {
			continue // Each of its addresses is counted already.
		}
		if !usableHostname(e.Hostname) {
			r.add(RejectedHostname, "hostname %q in slice %q is no DNS label", clip(e.Hostname), s.Name)
			e.Hostname = ""
		}
		if !usableZone(e.Zone) {
			r.add(RejectedZone, "zone %q in slice %q is no label value", clip(e.Zone), s.Name)
			e.Zone = ""
		}
		if kept == nil {
			kept = make([]Endpoint, 0, len(s.Endpoints))
		}
		kept = append(kept, e)
	}
	return kept
}

// needsCare says whether anything of an endpoint of s has to be left out or brought into canonical form.
func (s Slice) needsCare(e Endpoint) bool {
	if len(e.Addresses) == 0 || len(e.Addresses) > MaxAddresses {
		return true
	}
	for i, text := range e.Addresses {
		canonical, problem := usableAddress(text, s.AddressType)
		if problem != "" || canonical != text || slices.Contains(e.Addresses[:i], text) {
			return true
		}
	}
	return !usableHostname(e.Hostname) || !usableZone(e.Zone)
}

// usableHostname says whether an endpoint may have the hostname: none, or a DNS label (EndpointSlice API, "hostname").
func usableHostname(name string) bool { return name == "" || len(content.IsDNS1123Label(name)) == 0 }

// usableZone says whether an endpoint may have the zone: none, or the value of a node's label.
func usableZone(zone string) bool { return len(content.IsLabelValue(zone)) == 0 }

// addresses keeps the usable addresses of an endpoint, each once, in canonical text.
func (r *rejections) addresses(s Slice, list []string) []string {
	kept := make([]string, 0, min(len(list), MaxAddresses))
	for _, text := range limited(r, list, MaxAddresses, "addresses of an endpoint") {
		canonical, problem := usableAddress(text, s.AddressType)
		switch {
		case problem != "":
			r.add(RejectedAddress, "address %q in slice %q is %s", clip(text), s.Name, problem)
		case slices.Contains(kept, canonical):
			r.add(RejectedDuplicate, "address %q in slice %q is there twice", canonical, s.Name)
		default:
			kept = append(kept, canonical)
		}
	}
	return kept
}
