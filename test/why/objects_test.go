package why

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/test/why/breaking"
)

const (
	name     = "web.{ns}.svc.clusterset.local"
	fromWest = " --from west"
)

// objectRows break objects of one namespace, and can all be broken at the same time.
var objectRows = []row{
	{cause: "MCS-001", how: "a name of one cluster is asked", set: offers, well: name + fromWest,
		ask: "web.{ns}.svc.cluster.local --from west", fix: "mcsctl why " + name + fromWest, after: "fix"},
	{cause: "MCS-002", how: "the Service is not exported", set: offers, ask: name + fromWest,
		breaks: func(ctx context.Context, ns string) error { return remove(ctx, east(), export(ns)) },
		fix:    "kubectl --context east -n {ns} annotate service web multicluster.kubernetes.io/export=true --overwrite"},
	{cause: "MCS-003", how: "the namespace is deleted where it is asked", set: offers, ask: name + fromWest,
		breaks: func(ctx context.Context, ns string) error { return breaking.Namespace(ctx, west().Client, ns) },
		fix:    "kubectl --context west create namespace {ns}"},
	{cause: "MCS-004", how: "the Service is deleted and its export stays", ask: name + fromWest,
		set: func(ctx context.Context, ns string) error {
			if err := apply(ctx, east(), pods(ns, "Deployment", 1)); err != nil {
				return err
			}
			return create(ctx, east(), selecting(ns), export(ns))
		},
		breaks: func(ctx context.Context, ns string) error { return remove(ctx, east(), service(ns, 80)) },
		fix:    "kubectl --context east -n {ns} create service clusterip web --tcp=80:8080"},
	{cause: "MCS-004", how: "the Service becomes an ExternalName", set: offers, ask: name + fromWest,
		breaks: func(ctx context.Context, ns string) error {
			return patch(ctx, east().Client, service(ns, 80), `{"spec":{"type":"ExternalName","externalName":"example.org","clusterIP":null,"clusterIPs":null}}`)
		},
		fix: `kubectl --context east -n {ns} patch service web --type=merge -p '{"spec":{"type":"ClusterIP","externalName":null}}'`},
	{cause: "MCS-005", how: "the workload has no replica", ask: name + fromWest,
		set: func(ctx context.Context, ns string) error {
			if err := apply(ctx, east(), pods(ns, "Deployment", 1)); err != nil {
				return err
			}
			s := selecting(ns)
			s.Spec.ClusterIP = corev1.ClusterIPNone
			return create(ctx, east(), s, export(ns))
		},
		breaks: func(ctx context.Context, ns string) error {
			return apply(ctx, east(), pods(ns, "Deployment", 0))
		},
		fix: "kubectl --context east -n {ns} scale deployment web --replicas=1"},
	{cause: "MCS-006", how: "a younger export has another type", set: offersHeadless, ask: name + fromWest,
		breaks: func(ctx context.Context, ns string) error { return offer(ctx, west(), service(ns, 80)) },
		fix:    "kubectl --context west -n {ns} delete serviceexport web"},
	{cause: "MCS-017", how: "a Service of somebody has the name of the derived one", well: "-", ask: name + fromWest,
		breaks: func(ctx context.Context, ns string) error {
			foreign := service(ns, 80)
			foreign.Name = derived(ns)
			if err := create(ctx, west(), foreign); err != nil {
				return err
			}
			return offers(ctx, ns)
		},
		fix: "kubectl --context west -n {ns} delete service {derived}"},
	{cause: "MCS-018", how: "a host is asked that is not there", set: offersHeadless, well: "web-0.east." + name + fromWest,
		ask: "web-7.east." + name + fromWest, fix: "mcsctl why web-0.east." + name + fromWest, after: "fix"},
	{cause: "MCS-019", how: "a cluster is asked for by name", set: offers, well: name + fromWest,
		ask: "east." + name + fromWest, fix: "mcsctl why " + name + fromWest, after: "fix"},
	{cause: "MCS-021", how: "a younger export has another port", set: offers, ask: name + fromWest,
		breaks: func(ctx context.Context, ns string) error { return offer(ctx, west(), service(ns, 8080)) },
		fix:    `kubectl --context west -n {ns} patch service web --type=json -p '[{"op":"replace","path":"/spec/ports/0/port","value":80}]'`},
	{cause: "MCS-022", how: "a family is asked for that the service has not", set: offers, well: name + fromWest,
		ask: name + " -t AAAA --from west", fix: "mcsctl why " + name + fromWest, after: "fix"},
	{cause: "MCS-023", how: "a NetworkPolicy limits what the pod sends", ask: name + " --from west/{ns}/client",
		set: func(ctx context.Context, ns string) error {
			client := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "client"}}
			client.Spec.Containers = []corev1.Container{{Name: "client", Image: "client"}}
			if err := create(ctx, west(), client); err != nil {
				return err
			}
			return offers(ctx, ns)
		},
		breaks: func(ctx context.Context, ns string) error {
			return create(ctx, west(), &networkingv1.NetworkPolicy{
				ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "closed"},
				Spec:       networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeEgress}},
			})
		},
		fix: `kubectl --context west -n {ns} apply -f - <<'END'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: allow-dns
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - ports:
        - {protocol: UDP, port: 53}
        - {protocol: TCP, port: 53}
END`},
	{cause: "MCS-024", how: "two clusters have an endpoint at one address", set: offersHeadless, ask: name + fromWest,
		breaks: func(ctx context.Context, ns string) error {
			return create(ctx, west(), headless(ns), slice(ns, addresses["east"]), export(ns))
		},
		fix:  "mcsctl check --pre --context west",
		why:  "an address range is changed, not commanded",
		play: func(ctx context.Context, ns string) error { return moveTo(ctx, ns, addresses["west"]) }},
	{cause: "MCS-028", how: "an endpoint has an address that means another machine elsewhere", set: offersHeadless, ask: name + fromWest,
		breaks: func(ctx context.Context, ns string) error {
			return patch(ctx, east().Client, slice(ns, ""), `{"endpoints":[{"addresses":["255.255.255.255"],"hostname":"web-0"}]}`)
		},
		fix: "kubectl --context east -n {ns} edit endpointslice web-1",
		why: "an editor was played",
		play: func(ctx context.Context, ns string) error {
			return patch(ctx, east().Client, slice(ns, ""), `{"endpoints":[{"addresses":["`+addresses["east"]+`"],"hostname":"web-0"}]}`)
		}},
	{cause: "MCS-029", how: "a system namespace is exported from", well: "-", ask: "web.kube-public.svc.clusterset.local --from west",
		breaks: func(ctx context.Context, _ string) error { return offers(ctx, "kube-public") },
		fix:    "export a Service of another name or namespace", why: "what the Service is called is its owner's to choose",
		play: offers, after: name + fromWest},
	{cause: "MCS-033", how: "a ServiceImport of somebody has the name", well: "-", ask: name + fromWest,
		breaks: func(ctx context.Context, ns string) error {
			si := &mcsv1beta1.ServiceImport{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "web"}}
			si.Spec.Type, si.Spec.Ports, si.Spec.IPs = mcsv1beta1.ClusterSetIP, []mcsv1beta1.ServicePort{}, []string{"10.9.9.9"}
			if err := create(ctx, west(), si); err != nil {
				return err
			}
			return offers(ctx, ns)
		},
		fix: "kubectl --context west -n {ns} delete serviceimport web"},
	{cause: "MCS-036", how: "a port is asked for that the service has not", set: offers, well: "_http._tcp." + name + " -t SRV --from west",
		ask: "_grpc._tcp." + name + " -t SRV --from west", fix: "mcsctl why _http._tcp." + name + " -t SRV --from west", after: "fix"},
}

// moveTo gives west's endpoint another address.
func moveTo(ctx context.Context, ns, address string) error {
	return patch(ctx, west().Client, &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "web-1"}},
		`{"endpoints":[{"addresses":["`+address+`"],"hostname":"web-0"}]}`)
}

func derived(ns string) string {
	return mcs.DerivedServiceName(types.NamespacedName{Namespace: ns, Name: "web"})
}
