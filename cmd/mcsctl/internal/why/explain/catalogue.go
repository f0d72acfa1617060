package explain

// Cause is one entry of the catalogue: a reason why a name does not resolve as somebody expects. Its id never changes its meaning;
// events, alerts and other commands may name it.
type Cause struct {
	// ID is MCS- and three digits.
	ID string `json:"id"`
	// Name is a few words.
	Name string `json:"name"`
	// Why is one sentence: what of the API or of DNS makes it so.
	Why string `json:"why"`
	// Fix is what the fix looks like, with names in capitals for what the facts fill in.
	Fix string `json:"fix"`
}

// The ids of the catalogue.
const (
	NotAName          = "MCS-001"
	NotExported       = "MCS-002"
	NoNamespace       = "MCS-003"
	NoService         = "MCS-004"
	NotReady          = "MCS-005"
	TypeLost          = "MCS-006"
	MemberStale       = "MCS-007"
	MemberGone        = "MCS-008"
	CredentialRefused = "MCS-009"
	NoCRD             = "MCS-010"
	NoRights          = "MCS-011"
	NoZone            = "MCS-012"
	Shadowed          = "MCS-013"
	MemberDown        = "MCS-014"
	Cached            = "MCS-015"
	NotOurServer      = "MCS-016"
	NoIP              = "MCS-017"
	NoHost            = "MCS-018"
	ClusterInName     = "MCS-019"
	SearchTrap        = "MCS-020"
	PortLost          = "MCS-021"
	WrongFamily       = "MCS-022"
	PolicyBlocksDNS   = "MCS-023"
	AddressesOverlap  = "MCS-024"
	IDDisputed        = "MCS-025"
	CutOff            = "MCS-026"
	HubAway           = "MCS-027"
	EndpointsRejected = "MCS-028"
	NotAllowed        = "MCS-029"
	HubRefuses        = "MCS-030"
	NotSynced         = "MCS-031"
	ServerSilent      = "MCS-032"
	NotOurs           = "MCS-033"
	HiddenByOption    = "MCS-034"
	NoController      = "MCS-035"
	NoPort            = "MCS-036"
)

// Catalogue is every cause, by id.
var Catalogue = []Cause{
	{NotAName, "not a name of the clusterset", "only SERVICE.NAMESPACE.svc.clusterset.local and what the DNS specification puts below it have records", "ask the name that was meant"},
	{NotExported, "not exported", "a service is in the clusterset only while a ServiceExport of its name is in a member (KEP-1645, exporting services)", "kubectl --context MEMBER -n NAMESPACE annotate service SERVICE multicluster.kubernetes.io/export=true --overwrite"},
	{NoNamespace, "namespace missing here", "a service is imported only where its namespace exists (KEP-1645, namespace sameness)", "kubectl --context HERE create namespace NAMESPACE"},
	{NoService, "nothing to export", "a ServiceExport stands for a Service of its own name that is not of type ExternalName", "kubectl --context MEMBER -n NAMESPACE create service clusterip SERVICE --tcp=80"},
	{NotReady, "no ready endpoint", "a headless service has the names of its ready endpoints only, and the IP of another leads to none", "kubectl --context MEMBER -n NAMESPACE scale KIND WORKLOAD --replicas=1"},
	{TypeLost, "type conflict lost", "where exports disagree on headless or not, the oldest export decides for all (KEP-1645, conflict resolution)", "kubectl --context MEMBER -n NAMESPACE annotate service SERVICE multicluster.kubernetes.io/export-"},
	{MemberStale, "member silent", "a member that has given no sign of life for a minute serves only where no other member can", "kubectl --context MEMBER -n multicluster-dns rollout restart deployment mcs-controller"},
	{MemberGone, "member left or forgotten", "what a cluster exports counts while the hub's registry has it and it has been heard within a quarter of an hour", "mcsctl join --context MEMBER --hub HUB --cluster-id ID"},
	{CredentialRefused, "hub refuses the credential", "a member publishes as its own account on the hub, and that account does not take this credential or lacks the right", "mcsctl join --context MEMBER --hub HUB --cluster-id ID"},
	{NoCRD, "definitions not installed", "DNS reads ServiceImports, and this cluster's API server does not know them", "kubectl --context HERE apply -k manifests/crds/member"},
	{NoRights, "DNS may not read imports", "the DNS server needs the verbs list and watch on ServiceImports and EndpointSlices", "kubectl --context HERE apply -f manifests/coredns/rbac.yaml"},
	{NoZone, "zone not in the Corefile", "a DNS server answers for the zone only where its Corefile has the plugin multicluster for it", "mcsctl corefile patch --context HERE"},
	{Shadowed, "zone taken by something else", "of the blocks of a Corefile the one with the longest matching zone answers, and in a block the first plugin that can", "take the block or line that is named out of the Corefile"},
	{MemberDown, "member does not answer", "the cluster that exports the service has an API server that does not answer, so that nothing new comes from it", "kubectl --context MEMBER get --raw /readyz"},
	{Cached, "a cache answers", "a server on the way remembers an older answer than the cluster's own server gives", "kubectl --context HERE -n kube-system rollout restart daemonset node-local-dns"},
	{NotOurServer, "another DNS server answers", "the server that was asked does not serve the zone, whatever the cluster's own does", "have that server forward clusterset.local to the cluster's DNS server"},
	{NoIP, "import has no IP", "a ServiceImport of type ClusterSetIP has an address only once a derived Service holds one", "kubectl --context HERE -n NAMESPACE describe serviceimport SERVICE"},
	{NoHost, "no such host", "below a headless service stands HOSTNAME.CLUSTER of each ready endpoint and nothing else", "ask a host that is there"},
	{ClusterInName, "cluster in the name", "no name selects a cluster: the specification forbids records at CLUSTER.SERVICE (section 2.3.4)", "ask the name without the cluster"},
	{SearchTrap, "search list", "a resolver tries the domains of its search list first for a name of fewer dots than ndots, and clusterset.local is in no list", "ask the full name, with its last dot"},
	{PortLost, "port conflict", "where exports disagree on a port the oldest export's is kept, and traffic reaches only the clusters that have the same", "kubectl --context MEMBER -n NAMESPACE patch service SERVICE with the port of the oldest export"},
	{WrongFamily, "no address of this IP family", "a service has records of the IP families that its oldest export has and this cluster supports", "ask for the other family"},
	{PolicyBlocksDNS, "NetworkPolicy blocks DNS", "a pod that a policy for egress selects reaches only what some policy allows, and none allows port 53", "kubectl --context HERE apply a NetworkPolicy that allows port 53"},
	{AddressesOverlap, "address ranges overlap", "the address belongs to pods of more than one cluster, so that a connection ends in the wrong one or nowhere", "mcsctl check --pre --context HERE"},
	{IDDisputed, "cluster id invalid or disputed", "the registry takes a member only under an id that is valid, its own, and held by no other cluster", "mcsctl join --context MEMBER --hub HUB --cluster-id ANOTHER"},
	{CutOff, "cut off from the hub", "a cluster that does not reach the hub keeps its imports as they are and its exports to itself", "kubectl --context MEMBER -n multicluster-dns rollout restart deployment mcs-controller"},
	{HubAway, "hub does not answer", "while the hub is away all imports stay as they are and nothing new is exchanged", "kubectl --context HUB get --raw /readyz"},
	{EndpointsRejected, "endpoints rejected", "addresses that mean another machine in another cluster, such as loopback and broadcast, are never exported", "kubectl --context MEMBER -n NAMESPACE edit endpointslice SLICE"},
	{NotAllowed, "export not allowed", "Services of system namespaces, imported ones and those whose names are too long for DNS are not exported", "export a Service of another name or namespace"},
	{HubRefuses, "hub refuses the record", "the hub holds records to a schema and to the rights of the member that writes them", "kubectl --context MEMBER -n NAMESPACE describe serviceexport SERVICE"},
	{NotSynced, "DNS has not read everything", "a DNS server reads a changed Corefile within two minutes, and answers SERVFAIL until it has read all imports once, so that no wrong answer is remembered", "kubectl --context HERE -n kube-system rollout restart deployment DNS"},
	{ServerSilent, "DNS server does not answer", "nothing answers at the address that was asked", "kubectl --context HERE -n kube-system get pods -l k8s-app=kube-dns"},
	{NotOurs, "object of somebody else in the way", "the controller never changes or deletes an object that it did not make", "kubectl --context HERE -n NAMESPACE delete KIND NAME"},
	{HiddenByOption, "left out by an option of the Corefile", "the options namespaces and noendpoints limit what the plugin serves", "take the option out of the Corefile"},
	{NoController, "no controller at work", "exports are judged and imports written by mcs-controller, and nothing shows that one runs in this cluster", "kubectl --context MEMBER -n multicluster-dns get deployment,pods"},
	{NoPort, "no such port", "SRV records are those of the named ports that the import has", "ask a port that is there, or name the Service's ports"},
}

// lookUp returns the cause of an id.
func lookUp(id string) Cause {
	for _, cause := range Catalogue {
		if cause.ID == id {
			return cause
		}
	}
	panic("explain: no cause " + id)
}

// precedence is the order in which causes are told where several are found: what keeps the question from being one first, then what
// is between the asker and the API, then what is between the API and the exporters, and last what only takes away a part.
var precedence = []string{
	NotAName, ClusterInName,
	NoCRD, NoRights, PolicyBlocksDNS, ServerSilent, NoZone, Shadowed, HiddenByOption, NotOurServer, Cached, NotSynced, SearchTrap,
	IDDisputed, MemberGone, CredentialRefused, NotAllowed, NoService, HubRefuses, NotExported, NoNamespace, NotOurs, NoIP,
	EndpointsRejected, NotReady, HubAway, MemberDown, CutOff, NoController, MemberStale,
	PortLost, TypeLost, NoHost, NoPort, WrongFamily, AddressesOverlap,
}
