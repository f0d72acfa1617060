package explain

import (
	"errors"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	hubv1alpha1 "github.com/multicluster-dns/multicluster-dns/controller/hub/api/v1alpha1"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// truth is one way in which the world differs from a good one, and what is to be said of it.
type truth struct {
	name         string
	asked, qtype string // checkout, A
	headless     bool
	change       func(*Facts)
	cause, fix   string
	status       int
}

// unreachableFact is a fact of a cluster that is away.
func unreachableFact[T any]() Fact[T] {
	return Fact[T]{Sight: Unreachable, Detail: errors.New("connection refused").Error()}
}

const goodBeside = "clusterset.local:1053 {\n    multicluster\n}\n"

// beside has the cluster's own DNS server send the zone on to the one beside it.
func beside(corefile, ip string) func(*Facts) {
	return func(f *Facts) {
		f.Importer.Corefile = See(".:53 {\n    kubernetes cluster.local\n}\nclusterset.local:53 {\n    forward . 10.97.0.53\n}\n")
		f.Importer.Beside, f.Importer.BesideIPs = See(true), []string{ip}
		f.Importer.BesideCorefile, f.Importer.BesideAt = See(corefile), "configmap coredns-multicluster"
		f.Importer.BesidePods = See(f.Importer.DNSPods.Value)
	}
}

// podsOf is a ready pod of a workload; that of a Deployment's ReplicaSet has the hash 5d8.
func podsOf(kind, owner string) []corev1.Pod {
	pod := corev1.Pod{Status: corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}}}
	pod.Labels = map[string]string{"pod-template-hash": "5d8"}
	pod.OwnerReferences = []metav1.OwnerReference{{Kind: kind, Name: owner, Controller: ptr.To(true)}}
	return []corev1.Pod{pod}
}

var truths = []truth{
	{name: "a name that resolves as the API says has no cause", status: StatusResolves},
	{name: "a headless service that resolves has no cause", headless: true, status: StatusResolves},
	{name: "a host that resolves has no cause", asked: "pg-0.east." + checkout, headless: true, status: StatusResolves},
	{name: "a port that resolves has no cause", asked: "_http._tcp." + checkout, qtype: "SRV", status: StatusResolves},
	{name: "the version of the schema has no cause", asked: "dns-version.clusterset.local", qtype: "TXT", status: StatusResolves, change: func(f *Facts) {
		f.Importer.Answers = []Answer{{Server: "x", Rcode: "NOERROR", Records: []string{`"1.0.0"`}}}
	}},
	{name: "a limited answer is a note and no cause", headless: true, status: StatusResolves, change: func(f *Facts) {
		f.Importer.Slices = See(imported("east", "10.1.0.10", "10.1.0.11"))
		notSaid(f, "NOERROR", true, "10.1.0.11")
	}},
	{name: "what could not be looked at does not spoil a good answer", status: StatusResolves, change: func(f *Facts) {
		f.Importer.Corefile, f.Hub.Registry = Fact[string]{Sight: Forbidden, Detail: "forbidden"}, Fact[struct{}]{Sight: Forbidden, Detail: "forbidden"}
	}},
	{name: "where no server could be asked and nothing is wrong it cannot be told", status: StatusUnknown, change: func(f *Facts) {
		f.Importer.Answers, f.Importer.Version = nil, Answer{Err: "no way there"}
	}},
	{name: "a conflict that changes no answer is a note", status: StatusResolves, change: func(f *Facts) {
		f.Members[1] = exporting("west", condition("Valid", "True", "Valid", ""), condition("Conflict", "True", "LabelsConflict", `Using "x" from oldest service export in "east".`))
	}},

	{name: "MCS-001 a name of one cluster", asked: "checkout.shop.svc.cluster.local", cause: NotAName, fix: "mcsctl why checkout.shop.svc.clusterset.local --from west", status: StatusCause},
	{name: "MCS-001 a name without svc", asked: "checkout.shop.clusterset.local", cause: NotAName, fix: "mcsctl why checkout.shop.svc.clusterset.local --from west", status: StatusCause},
	{name: "MCS-001 a type that no service has", qtype: "TXT", cause: NotAName, fix: "mcsctl why checkout.shop.svc.clusterset.local --from west", status: StatusCause},
	{name: "MCS-001 an address", asked: "10.0.1.10.in-addr.arpa", qtype: "PTR", cause: NotAName, fix: "ask SERVICE.NAMESPACE.svc.clusterset.local", status: StatusCause},
	{name: "MCS-002 a Service that nobody exports", cause: NotExported, fix: "kubectl --context east -n shop annotate service checkout multicluster.kubernetes.io/export=true --overwrite", status: StatusCause, change: func(f *Facts) {
		notImported(f)
		service := f.Members[0].Service
		f.Members[0] = idle("east")
		f.Members[0].Service = service
	}},
	{name: "MCS-002 a name that is nearly one", asked: "checkuot.shop.svc.clusterset.local", cause: NotExported, fix: "mcsctl why checkout.shop.svc.clusterset.local --from west", status: StatusCause, change: func(f *Facts) {
		notImported(f)
		f.Members[0] = idle("east")
		f.Members[0].Neighbours = See([]string{"cart", "checkout"})
	}},
	{name: "MCS-003 a namespace that is not here", cause: NoNamespace, fix: "kubectl --context west create namespace shop", status: StatusCause, change: func(f *Facts) {
		notImported(f)
		f.Importer.Namespace = See[*corev1.Namespace](nil)
	}},
	{name: "MCS-004 an export without its Service", cause: NoService, fix: "kubectl --context east -n shop create service clusterip checkout --tcp=80", status: StatusCause, change: func(f *Facts) {
		notImported(f)
		f.Members[0] = exporting("east", condition("Valid", "False", "NoService", ""), condition("Ready", "False", "Pending", ""))
	}},
	{name: "MCS-004 an export of an ExternalName Service", cause: NoService, fix: `kubectl --context east -n shop patch service checkout --type=merge -p '{"spec":{"type":"ClusterIP","externalName":null}}'`, status: StatusCause, change: func(f *Facts) {
		notImported(f)
		f.Members[0] = exporting("east", condition("Valid", "False", "InvalidServiceType", ""))
	}},
	{name: "MCS-005 a workload without replicas", headless: true, cause: NotReady, fix: "kubectl --context east -n shop scale statefulset pg --replicas=1", status: StatusCause, change: func(f *Facts) {
		f.Importer.Slices = See([]discoveryv1.EndpointSlice(nil))
		f.Members[0].Slices = See([]discoveryv1.EndpointSlice(nil))
		f.Members[0].Workloads = See([]Workload{{Kind: "StatefulSet", Name: "pg"}})
		say(f)
	}},
	{name: "MCS-005 pods that are not ready", cause: NotReady, fix: "kubectl --context east -n shop describe pods -l app=checkout", status: StatusCause, change: func(f *Facts) {
		f.Members[0].Slices = See(slice(nil, false, "10.1.0.10"))
	}},
	{name: "MCS-006 a type that lost", cause: TypeLost, fix: "kubectl --context west -n shop annotate service checkout multicluster.kubernetes.io/export-", status: StatusCause, change: func(f *Facts) {
		f.Members[1] = exporting("west", condition("Valid", "True", "Valid", ""), condition("Conflict", "True", "TypeConflict", `Conflicting type. Using "ClusterSetIP" from oldest service export in "east". 1/2 clusters disagree.`))
	}},
	{name: "MCS-007 an exporter that is silent", cause: MemberStale, fix: "kubectl --context east -n multicluster-dns rollout restart deployment mcs-controller", status: StatusCause, change: func(f *Facts) {
		f.Members[0].Lease = See(lease("east-uid", 2*time.Minute))
	}},
	{name: "MCS-008 an exporter that is not registered", cause: MemberGone, fix: "mcsctl join --context east --hub hub --cluster-id east", status: StatusCause, change: func(f *Facts) {
		notImported(f)
		f.Members[0] = exporting("east", condition("Valid", "True", "Valid", ""), condition("Ready", "Unknown", "Pending", "This cluster is not a member of the clusterset."))
		f.Members[0].HubNamespace = ""
	}},
	{name: "MCS-008 an exporter that is forgotten", cause: MemberGone, fix: "kubectl --context east -n multicluster-dns rollout restart deployment mcs-controller", status: StatusCause, change: func(f *Facts) {
		f.Members[0].Lease = See(lease("east-uid", time.Hour))
	}},
	{name: "MCS-008 an importer that is not registered", cause: MemberGone, fix: "mcsctl join --context west --hub hub --cluster-id west", status: StatusCause, change: func(f *Facts) {
		notImported(f)
		f.Members = f.Members[:1]
	}},
	{name: "MCS-008 a cluster that has nothing of ours, for it never joined", cause: MemberGone, fix: "mcsctl join --context west --hub hub --cluster-id west", status: StatusCause, change: func(f *Facts) {
		f.Members = f.Members[:1]
		f.Importer.Import = Fact[*mcsv1beta1.ServiceImport]{Sight: Unserved, Detail: "no match"}
		f.Importer.Versions, f.Importer.Beside = See([]string(nil)), See(false)
		f.Importer.Account, f.Importer.Missing = "kube-system/coredns", See([]string{"list serviceimports.multicluster.x-k8s.io"})
		f.Importer.Corefile = See(".:53 {\n    kubernetes cluster.local\n    forward . /etc/resolv.conf\n}\n")
		notSaid(f, "NXDOMAIN", false)
	}},
	{name: "MCS-009 a credential for an account that is no more", cause: CredentialRefused, fix: "mcsctl join --context east --hub hub --cluster-id east", status: StatusCause, change: func(f *Facts) {
		f.Members[0].Lease = See(lease("east-uid", 2*time.Minute))
		f.Members[0].AccountUID = See("account-2")
	}},
	{name: "MCS-009 a credential that has expired", cause: CredentialRefused, fix: "mcsctl join --context east --hub hub --cluster-id east", status: StatusCause, change: func(f *Facts) {
		f.Members[0].Lease = See(lease("east-uid", 2*time.Minute))
		f.Members[0].Credential.Value.Expires = now.Add(-time.Hour)
	}},
	{name: "MCS-009 rights that the hub does not give", cause: CredentialRefused, fix: "mcsctl join --context east --hub hub --cluster-id east", status: StatusCause, change: func(f *Facts) {
		notImported(f)
		f.Members[0] = exporting("east", condition("Valid", "True", "Valid", ""), condition("Ready", "False", "Failed", `exportedservices is forbidden: User "x" cannot create resource`))
	}},
	{name: "MCS-010 definitions that are not installed", cause: NoCRD, fix: "kubectl --context west apply -k manifests/crds/member", status: StatusCause, change: func(f *Facts) {
		f.Importer.Versions = See([]string(nil))
		f.Importer.Import = Fact[*mcsv1beta1.ServiceImport]{Sight: Unserved, Detail: "no match"}
		notSaid(f, "SERVFAIL", false)
	}},
	{name: "MCS-011 rights that DNS lacks", cause: NoRights, fix: "kubectl --context west apply -f manifests/coredns/rbac.yaml", status: StatusCause, change: func(f *Facts) {
		f.Importer.Missing = See([]string{"list serviceimports.multicluster.x-k8s.io"})
		notSaid(f, "SERVFAIL", false)
	}},
	{name: "MCS-011 rights that another account lacks", cause: NoRights, fix: "kubectl --context west create clusterrolebinding multicluster-dns:coredns --clusterrole=multicluster-dns:coredns --serviceaccount=kube-system:coredns", status: StatusCause, change: func(f *Facts) {
		f.Importer.Account, f.Importer.Missing = "kube-system/coredns", See([]string{"watch serviceimports.multicluster.x-k8s.io"})
	}},
	{name: "MCS-012 a Corefile without the plugin", cause: NoZone, fix: "mcsctl corefile patch --context west", status: StatusCause, change: func(f *Facts) {
		f.Importer.Corefile = See(".:53 {\n    kubernetes cluster.local\n    forward . /etc/resolv.conf\n}\n")
		notSaid(f, "NXDOMAIN", false)
	}},
	{name: "MCS-012 a Corefile of our own CoreDNS without the plugin", cause: NoZone, fix: "mcsctl corefile patch --context west --plugin", status: StatusCause, change: func(f *Facts) {
		f.Importer.Beside = See(false)
		f.Importer.Corefile = See(".:53 {\n    kubernetes cluster.local\n}\n")
		notSaid(f, "REFUSED", false)
	}},
	{name: "MCS-012 a Corefile in a ConfigMap of another name", cause: NoZone, fix: "mcsctl corefile patch --context west --configmap kube-system/coredns-multicluster --plugin", status: StatusCause, change: func(f *Facts) {
		f.Importer.Beside, f.Importer.CorefileAt = See(false), "configmap coredns-multicluster"
		f.Importer.Corefile = See(".:1053 {\n    kubernetes cluster.local\n}\n")
		notSaid(f, "REFUSED", false)
	}},
	{name: "a zone that is sent on to the server beside resolves there", status: StatusResolves, change: beside(goodBeside, "10.97.0.53")},
	{name: "MCS-012 a zone that is sent on to where nobody is any more", cause: NoZone, fix: "mcsctl corefile patch --context west", status: StatusCause, change: func(f *Facts) {
		beside(goodBeside, "10.97.0.99")(f)
		notSaid(f, "SERVFAIL", false)
	}},
	{name: "MCS-012 a server beside whose Corefile has another zone", cause: NoZone, fix: "mend it: kubectl --context west -n kube-system edit configmap coredns-multicluster", status: StatusCause, change: func(f *Facts) {
		beside("mcs.example:1053 {\n    multicluster\n}\n", "10.97.0.53")(f)
		notSaid(f, "REFUSED", false)
	}},
	{name: "MCS-034 an option of the server beside", cause: HiddenByOption, fix: "mend it: kubectl --context west -n kube-system edit configmap coredns-multicluster", status: StatusCause, change: func(f *Facts) {
		beside("clusterset.local:1053 {\n    multicluster {\n        namespaces data\n    }\n}\n", "10.97.0.53")(f)
		notSaid(f, "NXDOMAIN", true)
	}},
	{name: "MCS-013 a block for a longer zone", cause: Shadowed, fix: "take it out: kubectl --context west -n kube-system edit configmap coredns", status: StatusCause, change: func(f *Facts) {
		f.Importer.Corefile = See(goodCorefile + "svc.clusterset.local:53 {\n    template ANY ANY {\n        rcode NXDOMAIN\n    }\n}\n")
		notSaid(f, "NXDOMAIN", true)
	}},
	{name: "MCS-013 a plugin that comes first", cause: Shadowed, fix: "take it out: kubectl --context west -n kube-system edit configmap coredns", status: StatusCause, change: func(f *Facts) {
		f.Importer.Corefile = See(".:53 {\n    template IN A clusterset.local {\n        rcode NXDOMAIN\n    }\n    multicluster clusterset.local\n}\n")
		notSaid(f, "NXDOMAIN", true)
	}},
	{name: "MCS-014 an exporter whose API server is away", cause: MemberDown, fix: "kubectl --context east get --raw /readyz", status: StatusCause, change: func(f *Facts) {
		f.Members[0].Lease = See(lease("east-uid", 2*time.Minute))
		f.Members[0].API = unreachableFact[struct{}]()
		f.Members[0].Export, f.Members[0].Slices = unreachableFact[*mcsv1beta1.ServiceExport](), unreachableFact[[]discoveryv1.EndpointSlice]()
	}},
	{name: "MCS-015 a cache on the way", cause: Cached, fix: "kubectl --context west -n kube-system rollout restart daemonset node-local-dns", status: StatusCause, change: func(f *Facts) {
		right := f.Importer.Answers[0]
		right.Server = "coredns"
		notSaid(f, "NXDOMAIN", true)
		f.Importer.Answers = append(f.Importer.Answers, right)
	}},
	{name: "MCS-016 a server that does not serve the zone", cause: NotOurServer, fix: "have 10.97.0.10 forward clusterset.local to this cluster's DNS server, or ask that one", status: StatusCause, change: func(f *Facts) {
		f.Importer.Named = true
		notSaid(f, "NXDOMAIN", false)
	}},
	{name: "MCS-016 goes before MCS-015 where the server does not know the zone at all", cause: NotOurServer, fix: "have 10.97.0.10 forward clusterset.local to this cluster's DNS server, or ask that one", status: StatusCause, change: func(f *Facts) {
		right := f.Importer.Answers[0]
		f.Importer.Named = true
		notSaid(f, "NXDOMAIN", false)
		f.Importer.Answers = append(f.Importer.Answers, right)
	}},
	{name: "MCS-017 an IP that somebody else's Service holds up", cause: NoIP, fix: "kubectl --context west -n shop delete service derived-x", status: StatusCause, change: func(f *Facts) {
		f.Importer.Import.Value.Spec.IPs = nil
		f.Importer.Derived = See(&corev1.Service{})
		f.Importer.Derived.Value.Name = "derived-x"
		say(f)
	}},
	{name: "MCS-017 an IP that is not there yet", cause: NoIP, fix: "kubectl --context west -n shop describe serviceimport checkout", status: StatusCause, change: func(f *Facts) {
		f.Importer.Import.Value.Spec.IPs = nil
		say(f)
	}},
	{name: "MCS-018 a host that is not there", asked: "pg-7.east." + checkout, headless: true, cause: NoHost, fix: "mcsctl why pg-0.east.checkout.shop.svc.clusterset.local --from west", status: StatusCause},
	{name: "MCS-018 a host without its cluster", asked: "pg-0." + checkout, headless: true, cause: NoHost, fix: "mcsctl why pg-0.east.checkout.shop.svc.clusterset.local --from west", status: StatusCause},
	{name: "MCS-018 a host of a service with an IP", asked: "pg-0.east." + checkout, cause: NoHost, fix: "mcsctl why checkout.shop.svc.clusterset.local --from west", status: StatusCause},
	{name: "MCS-019 a cluster before a service with an IP", asked: "east." + checkout, cause: ClusterInName, fix: "mcsctl why checkout.shop.svc.clusterset.local --from west", status: StatusCause},
	{name: "MCS-019 a cluster before a headless service", asked: "east." + checkout, headless: true, cause: ClusterInName, fix: "mcsctl why checkout.shop.svc.clusterset.local --from west", status: StatusCause},
	{name: "MCS-020 a short name", asked: "checkout.shop", cause: SearchTrap, fix: "mcsctl why checkout.shop.svc.clusterset.local --from west", status: StatusCause},
	{name: "MCS-020 a search domain that has the name", cause: SearchTrap, fix: "mcsctl why checkout.shop.svc.clusterset.local. --from west", status: StatusCause, change: func(f *Facts) {
		f.Importer.Searched = []Answer{{Name: checkout + ".example.org.", Rcode: "NOERROR", Records: []string{"192.0.2.1"}}}
	}},
	{name: "MCS-020 does not befall a name with its last dot", asked: checkout + ".", status: StatusResolves, change: func(f *Facts) {
		f.Importer.Searched = []Answer{{Name: checkout + ".example.org.", Rcode: "NOERROR", Records: []string{"192.0.2.1"}}}
	}},
	{name: "MCS-021 a port that lost", cause: PortLost, fix: `kubectl --context west -n shop patch service checkout --type=json -p '[{"op":"replace","path":"/spec/ports/0/port","value":80}]'`, status: StatusCause, change: func(f *Facts) {
		f.Members[0].Record.Value.Spec.Ports = []hubv1alpha1.ExportedPort{{Name: "http", Protocol: corev1.ProtocolTCP, Port: 80}}
		f.Members[1] = exporting("west", condition("Valid", "True", "Valid", ""), condition("Conflict", "True", "PortConflict", `Conflicting ports http. Using "http 80/TCP" from oldest service export in "east". 1/2 clusters disagree.`))
		f.Members[1].Service.Value.Spec.Ports[0].Port = 8080
	}},
	{name: "MCS-022 a family that the service has not", qtype: "AAAA", cause: WrongFamily, fix: "mcsctl why checkout.shop.svc.clusterset.local --from west", status: StatusCause},
	{name: "MCS-022 a family that this cluster has not", cause: WrongFamily, fix: "give the exported Service a family that west has, or west the service's", status: StatusCause, change: func(f *Facts) {
		f.Importer.Import.Value.Spec.IPs = nil
		f.Importer.Import.Value.Status.Conditions = append(f.Importer.Import.Value.Status.Conditions, condition("Ready", "False", "IPFamilyNotSupported", "The service has IPv6."))
		say(f)
	}},
	{name: "MCS-023 a policy that allows no DNS", cause: PolicyBlocksDNS, fix: allowDNS("west", "shop").text, status: StatusCause, change: func(f *Facts) {
		f.Importer.Pod = See(&corev1.Pod{})
		f.Importer.Pod.Value.Namespace, f.Importer.Pod.Value.Name = "shop", "client"
		policy := networkingv1.NetworkPolicy{Spec: networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeEgress}}}
		f.Importer.Policies = See([]networkingv1.NetworkPolicy{policy})
	}},
	{name: "MCS-024 one address in two clusters", headless: true, cause: AddressesOverlap, fix: "mcsctl check --pre --context west", status: StatusCause, change: func(f *Facts) {
		f.Importer.Slices = See(append(imported("east", "10.1.0.10"), imported("north", "10.1.0.10")...))
		say(f)
	}},
	{name: "MCS-024 an address of this cluster's own pods", cause: AddressesOverlap, fix: "mcsctl check --pre --context west", status: StatusCause, change: func(f *Facts) {
		f.Importer.Slices = See(imported("east", "10.2.0.10"))
	}},
	{name: "MCS-025 an id that another cluster holds", cause: IDDisputed, fix: "mcsctl join --context east --hub hub --cluster-id east-2", status: StatusCause, change: func(f *Facts) {
		notImported(f)
		f.Members[0].Lease = See(lease("other-uid", time.Second))
	}},
	{name: "MCS-025 a profile that the registry does not take", cause: IDDisputed, fix: `kubectl --context hub -n mcs-clusterset patch clusterprofile east --subresource=status --type=merge -p '{"status":{"properties":[{"name":"cluster.clusterset.k8s.io","value":"east"}]}}'`, status: StatusCause, change: func(f *Facts) {
		notImported(f)
		f.Members[0].HubNamespace = ""
		f.Hub.Excluded = []membership.Excluded{{Profile: "east", Reason: `the cluster states the id "ost" of itself and is registered as "east"`}}
	}},
	{name: "MCS-026 an importer that the hub does not hear", cause: CutOff, fix: "kubectl --context west -n multicluster-dns rollout restart deployment mcs-controller", status: StatusCause, change: func(f *Facts) {
		notImported(f)
		f.Members[1].Lease = See(lease("west-uid", 5*time.Minute))
	}},
	{name: "MCS-026 an exporter that does not reach the hub", cause: CutOff, fix: "kubectl --context east -n multicluster-dns rollout restart deployment mcs-controller", status: StatusCause, change: func(f *Facts) {
		notImported(f)
		f.Members[0] = exporting("east", condition("Valid", "True", "Valid", ""), condition("Ready", "False", "Pending", "hub unreachable"))
		f.Members[0].Lease = See(lease("east-uid", 2*time.Minute))
	}},
	{name: "MCS-027 a hub that is away", cause: HubAway, fix: "kubectl --context hub get --raw /readyz", status: StatusCause, change: func(f *Facts) {
		f.Hub.Registry = unreachableFact[struct{}]()
		for i := range f.Members {
			f.Members[i].Lease, f.Members[i].Record = unreachableFactLease(), unreachableFact[*hubv1alpha1.ExportedService]()
		}
	}},
	{name: "MCS-028 an address that no cluster takes", headless: true, cause: EndpointsRejected, fix: "kubectl --context east -n shop edit endpointslice checkout-abc", status: StatusCause, change: func(f *Facts) {
		f.Importer.Slices = See([]discoveryv1.EndpointSlice(nil))
		f.Members[0].Slices = See(slice(nil, true, "255.255.255.255"))
		say(f)
	}},
	{name: "MCS-029 a namespace that nothing is exported from", cause: NotAllowed, fix: "export a Service of another name or namespace", status: StatusCause, change: func(f *Facts) {
		notImported(f)
		f.Members[0] = exporting("east", condition("Valid", "False", "NamespaceNotAllowed", "x"))
	}},
	{name: "MCS-030 a record that the hub refuses", cause: HubRefuses, fix: "kubectl --context east -n shop describe serviceexport checkout", status: StatusCause, change: func(f *Facts) {
		notImported(f)
		f.Members[0] = exporting("east", condition("Valid", "True", "Valid", ""), condition("Ready", "False", "Failed", "spec.ports: too many"))
	}},
	{name: "MCS-031 a server that has not read everything", cause: NotSynced, fix: "kubectl --context west -n kube-system rollout restart deployment coredns", status: StatusCause, change: func(f *Facts) {
		notSaid(f, "SERVFAIL", false)
	}},
	{name: "MCS-031 a server that has not followed", cause: NotSynced, fix: "kubectl --context west -n kube-system rollout restart deployment coredns", status: StatusCause, change: func(f *Facts) {
		notSaid(f, "NOERROR", true, "10.97.9.9")
	}},
	{name: "MCS-031 a Corefile that the server has not read yet", cause: NotSynced, fix: "kubectl --context west -n kube-system rollout restart deployment coredns", status: StatusCause, change: func(f *Facts) {
		notSaid(f, "NXDOMAIN", false)
	}},
	{name: "MCS-031 a stub domain that the cluster's own server has not read yet", cause: NotSynced, fix: "kubectl --context west -n kube-system rollout restart deployment rke2-coredns", status: StatusCause, change: func(f *Facts) {
		beside(goodBeside, "10.97.0.53")(f)
		f.Importer.DNSPods, f.Importer.BesidePods = See(podsOf("ReplicaSet", "rke2-coredns-5d8")), See(podsOf("ReplicaSet", "coredns-multicluster-5d8"))
		notSaid(f, "NXDOMAIN", false)
	}},
	{name: "MCS-016 goes before MCS-031 where a stub domain leads to a server that is not ours", cause: NotOurServer, fix: "have 10.97.0.10 forward clusterset.local to this cluster's DNS server, or ask that one", status: StatusCause, change: func(f *Facts) {
		beside(goodBeside, "10.97.0.53")(f)
		f.Importer.Beside = See(false)
		notSaid(f, "NXDOMAIN", false)
	}},
	{name: "MCS-031 our own server as the cluster's only one", cause: NotSynced, fix: "kubectl --context west -n kube-system rollout restart deployment coredns-multicluster", status: StatusCause, change: func(f *Facts) {
		f.Importer.DNSPods = See(podsOf("ReplicaSet", "coredns-multicluster-5d8"))
		notSaid(f, "SERVFAIL", false)
	}},
	{name: "MCS-031 the server beside the cluster's own", cause: NotSynced, fix: "kubectl --context west -n kube-system rollout restart deployment coredns-multicluster", status: StatusCause, change: func(f *Facts) {
		beside(goodBeside, "10.97.0.53")(f)
		f.Importer.DNSPods, f.Importer.BesidePods = See(podsOf("ReplicaSet", "coredns-5d8")), See(podsOf("ReplicaSet", "coredns-multicluster-5d8"))
		notSaid(f, "SERVFAIL", false)
	}},
	{name: "MCS-031 a server that a DaemonSet runs", cause: NotSynced, fix: "kubectl --context west -n kube-system rollout restart daemonset dns-default", status: StatusCause, change: func(f *Facts) {
		f.Importer.DNSPods = See(podsOf("DaemonSet", "dns-default"))
		notSaid(f, "SERVFAIL", false)
	}},
	{name: "MCS-031 pods that do not say what runs them", cause: NotSynced, fix: "kubectl --context west -n kube-system rollout restart deployment coredns", status: StatusCause, change: func(f *Facts) {
		f.Importer.DNSPods = See(podsOf("ReplicaSet", "made-by-hand"))
		notSaid(f, "SERVFAIL", false)
	}},
	{name: "MCS-032 a server that says nothing", cause: ServerSilent, fix: "kubectl --context west -n kube-system get pods -l k8s-app=kube-dns", status: StatusCause, change: func(f *Facts) {
		f.Importer.Answers = []Answer{{Server: "10.97.0.10", Err: "i/o timeout"}}
		f.Importer.Version = f.Importer.Answers[0]
	}},
	{name: "MCS-032 a server beside of which no pod runs", cause: ServerSilent, fix: "kubectl --context west -n kube-system describe pods -l app.kubernetes.io/name=coredns-multicluster", status: StatusCause, change: func(f *Facts) {
		beside(goodBeside, "10.97.0.53")(f)
		f.Importer.BesidePods = See([]corev1.Pod{{Status: corev1.PodStatus{Phase: corev1.PodPending}}})
		notSaid(f, "SERVFAIL", false)
	}},
	{name: "MCS-033 an import that somebody else made", cause: NotOurs, fix: "kubectl --context west -n shop delete serviceimport checkout", status: StatusCause, change: func(f *Facts) {
		f.Importer.Import.Value.Labels = nil
	}},
	{name: "MCS-034 a namespace that the Corefile leaves out", cause: HiddenByOption, fix: "take it out: kubectl --context west -n kube-system edit configmap coredns", status: StatusCause, change: func(f *Facts) {
		f.Importer.Corefile = See(".:53 {\n    multicluster clusterset.local {\n        namespaces data\n    }\n}\n")
		notSaid(f, "NXDOMAIN", true)
	}},
	{name: "MCS-035 an export that nobody has judged", cause: NoController, fix: "kubectl --context east -n multicluster-dns get deployment,pods", status: StatusCause, change: func(f *Facts) {
		notImported(f)
		f.Members[0].Export.Value.Status.Conditions = nil
		f.Members[0].Record = See[*hubv1alpha1.ExportedService](nil)
	}},
	{name: "MCS-035 goes before MCS-007 where nobody has judged the export", cause: NoController, fix: "kubectl --context east -n multicluster-dns get deployment,pods", status: StatusCause, change: func(f *Facts) {
		notImported(f)
		f.Members[0].Lease = See(lease("east-uid", 2*time.Minute))
		f.Members[0].Export.Value.Status.Conditions = nil
		f.Members[0].Record = See[*hubv1alpha1.ExportedService](nil)
	}},
	{name: "MCS-035 an import that nothing keeps from being made", cause: NoController, fix: "kubectl --context west -n multicluster-dns get deployment,pods", status: StatusCause, change: notImported},
	{name: "MCS-036 a port that the service has not", asked: "_grpc._tcp." + checkout, qtype: "SRV", cause: NoPort, fix: "mcsctl why _http._tcp.checkout.shop.svc.clusterset.local -t SRV --from west", status: StatusCause},
}

func unreachableFactLease() Fact[*coordinationv1.Lease] {
	return unreachableFact[*coordinationv1.Lease]()
}
