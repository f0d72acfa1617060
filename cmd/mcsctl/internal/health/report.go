package health

import (
	"time"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// Report is how a clusterset is. It is also what -o json and -o yaml print: fields are added, never renamed.
type Report struct {
	// Hub is the hub's context, Clusterset the registry's namespace there.
	Hub        string `json:"hub,omitempty"`
	Clusterset string `json:"clusterset,omitempty"`
	// Healthy is whether nothing is broken, as far as it could be read. Warnings do not count.
	Healthy bool `json:"healthy"`
	// Members, Exports and Imports are sorted by name.
	Members []Member `json:"members"`
	Exports []Export `json:"exports"`
	Imports []Import `json:"imports"`
	// Problems are what somebody should do something about, the worst first.
	Problems []Problem `json:"problems"`
	// Unread is what could not be looked at, each with its reason.
	Unread []string `json:"unread,omitempty"`
}

// State is how a member is, as importers judge it.
type State string

// The states of a member.
const (
	// Up is a member whose Lease moves.
	Up State = "up"
	// Stale is one that has been silent for the stale time: its endpoints step back where another member can serve.
	Stale State = "stale"
	// Forgotten is one that has been silent for the forget time: it is left out of imports.
	Forgotten State = "forgotten"
	// Unheard is one that never gave a sign of life on this hub.
	Unheard State = "unheard"
	// Excluded is a registration that registers no member.
	Excluded State = "excluded"
	// Unjudged is a cluster whose hub was not read.
	Unjudged State = "-"
)

// Member is one member of the clusterset.
type Member struct {
	ID           mcs.ClusterID `json:"id"`
	State        State         `json:"state"`
	Context      string        `json:"context,omitempty"`
	HubNamespace string        `json:"hubNamespace,omitempty"`
	// Silence is the time since its last sign of life, in seconds, by its own clock; nil if there was none.
	Silence *float64 `json:"silenceSeconds,omitempty"`
	// Lag is within how many seconds 99 % of the endpoint changes of the last minutes arrived in its cluster; nil if none did, or if it
	// is not known.
	Lag *float64 `json:"lagSeconds,omitempty"`
	// Exports and Imports are numbers of objects in its cluster; nil if they were not read.
	Exports *int `json:"exports,omitempty"`
	Imports *int `json:"imports,omitempty"`
	// Endpoints are those it contributes, of which so many are ready and so many have stepped back.
	Endpoints   int `json:"endpoints"`
	Ready       int `json:"ready"`
	SteppedBack int `json:"steppedBack"`
	// CredentialExpires is when its credential for the hub ends; nil if it is not known or never does.
	CredentialExpires *time.Time `json:"credentialExpires,omitempty"`
	// CredentialEndsSoon is whether that is worth a warning.
	CredentialEndsSoon bool `json:"credentialEndsSoon,omitempty"`
	// Controller is the image tag of its controller, DNS what is known of its DNS server, in words.
	Controller string `json:"controller,omitempty"`
	DNS        string `json:"dns,omitempty"`
	// DNSWell is whether nothing speaks against its DNS server.
	DNSWell    bool   `json:"dnsWell"`
	Kubernetes string `json:"kubernetes,omitempty"`
}

// Export is one ServiceExport of one member.
type Export struct {
	Cluster   mcs.ClusterID `json:"cluster"`
	Context   string        `json:"context,omitempty"`
	Namespace string        `json:"namespace"`
	Name      string        `json:"name"`
	// State is Ready, Pending, Failed, Conflict, or the reason why it is not valid.
	State string `json:"state"`
	// Reasons are those of a conflict, such as PortConflict.
	Reasons []string `json:"reasons,omitempty"`
	// Well is whether nothing is to be done about it.
	Well bool `json:"well"`
	// Message says more where it is not well.
	Message string    `json:"message,omitempty"`
	Created time.Time `json:"created"`
}

// Import is one ServiceImport in one member.
type Import struct {
	Cluster   mcs.ClusterID `json:"cluster"`
	Context   string        `json:"context,omitempty"`
	Namespace string        `json:"namespace"`
	Name      string        `json:"name"`
	Type      string        `json:"type"`
	IPs       []string      `json:"ips,omitempty"`
	Ports     []string      `json:"ports,omitempty"`
	// From are the members that export it.
	From []string `json:"from"`
	// Ready of Endpoints can be reached.
	Ready     int `json:"ready"`
	Endpoints int `json:"endpoints"`
	// State is Ready, NoEndpoints, or the reason why it cannot be used.
	State   string    `json:"state"`
	Well    bool      `json:"well"`
	Message string    `json:"message,omitempty"`
	Created time.Time `json:"created"`
}

// Severity is how bad a problem is.
type Severity string

// The severities, the worst first.
const (
	// Broken: something does not work.
	Broken Severity = "broken"
	// Warning: it works, and somebody should look before it does not.
	Warning Severity = "warning"
)

// Problem is what somebody should do something about.
type Problem struct {
	Severity Severity `json:"severity"`
	// Subject is what has the problem: a member, or a service as namespace/name.
	Subject string `json:"subject"`
	Text    string `json:"text"`
	// Cause is the id of its cause in the catalogue; "" where only looking further tells.
	Cause string `json:"cause,omitempty"`
	// Next is the command to run next.
	Next string `json:"next"`
}
