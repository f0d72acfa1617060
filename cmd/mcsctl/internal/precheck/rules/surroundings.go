package rules

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
)

// reach judges the URL of the hub. Whether the member's pods reach it is seen only when one of them tries; that an address of the
// machine's own loopback leads nowhere from a pod is known before.
func reach(f Facts) []Result {
	const name = "hub"
	switch {
	case f.HubIsMember:
		return []Result{{Name: name, State: OK, Text: "is this cluster itself"}}
	case f.HubServer == "":
		return nil
	}
	server, err := url.Parse(f.HubServer)
	if err != nil || server.Hostname() == "" {
		return []Result{{Name: name, State: Fail, Text: fmt.Sprintf("%q is no URL of an API server", f.HubServer), Cause: CauseUnreachable, Fix: "set --hub-server to an https:// URL"}}
	}
	address, err := netip.ParseAddr(server.Hostname())
	if server.Hostname() == "localhost" || err == nil && (address.IsLoopback() || address.IsUnspecified()) {
		return []Result{{Name: name, State: Warn, Text: f.HubServer + " is this machine: pods cannot reach it there", Cause: CauseUnreachable,
			Fix: "set --hub-server to the URL at which pods of the member reach the hub's API server"}}
	}
	var distrusted *tls.CertificateVerificationError
	switch {
	case errors.As(f.HubAnswer, &distrusted):
		return []Result{{Name: name, State: Fail, Text: fmt.Sprintf("%s answers and is not known to be the hub: %v", f.HubServer, distrusted), Cause: CauseUnreachable,
			Fix: "set --hub-server to a name in the hub's certificate, or --hub-ca to the file of its certificate authority"}}
	case f.HubAnswer != nil:
		return []Result{{Name: name, State: Warn, Text: fmt.Sprintf("no answer at %s from here, and the member's pods must get one: %v", f.HubServer, f.HubAnswer), Cause: CauseUnreachable}}
	}
	return []Result{{Name: name, State: OK, Text: f.HubServer + " answers from here; the member's pods must reach it too"}}
}

// otherHub judges the hub that the member has already. One hub may have two URLs, so that this can be no more than a warning.
func otherHub(f Facts) []Result {
	const name = "hub until now"
	switch {
	case f.HubNow.Err != nil:
		return []Result{cannotTell(name, f.HubNow.Err)}
	case f.HubServer == "" || f.HubNow.Value == "" || f.HubNow.Value == f.HubServer:
		return nil
	}
	return []Result{{Name: name, State: Warn, Text: fmt.Sprintf("it reaches its hub at %s, and will do so at %s; if that is another hub, leave the one it has first", f.HubNow.Value, f.HubServer),
		Fix: "mcsctl leave --context " + f.Member.Context}}
}

// nameServer judges the DNS server that is there.
func nameServer(f Facts) []Result {
	const name = "coredns"
	switch {
	case f.DNS.Err != nil:
		return []Result{cannotTell(name, f.DNS.Err)}
	case f.DNS.Value.InTree:
		return []Result{{Name: name, State: Warn, Text: "its kubernetes plugin has a multicluster zone already, and would answer in our place", Cause: CauseTwoServers,
			Fix: "take the multicluster line out of the kubernetes block of the Corefile: kubectl --context " + f.Member.Context + " -n kube-system edit configmap coredns"}}
	case f.DNS.Value.Version == "":
		return []Result{{Name: name, State: OK, Text: "no CoreDNS of the usual name; forward the zone from whatever answers there"}}
	}
	return []Result{{Name: name, State: OK, Text: f.DNS.Value.Version + ", no multicluster zone of its own"}}
}

// otherImporter judges ServiceImports that are there already.
func otherImporter(f Facts) []Result {
	const name = "other imports"
	switch {
	case f.ForeignImports.Err != nil:
		return []Result{cannotTell(name, f.ForeignImports.Err)}
	case f.ForeignImports.Value > 0:
		return []Result{{Name: name, State: Warn,
			Text: fmt.Sprintf("%d ServiceImports are somebody else's: they are left alone, and a service of the same name is not imported", f.ForeignImports.Value)}}
	}
	return nil
}
