package why

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/manifests"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

// silent is the namespace whose service north exported before its controller was stopped.
const silent = "silent"

// stopNorth has north export a service and then fall silent, long before anybody looks.
func stopNorth(t *testing.T) {
	t.Helper()
	follow(t)
	must(t, "preparing", func(ctx context.Context) error { return prepare(ctx, silent) })
	must(t, "exporting from north", func(ctx context.Context) error { return offer(ctx, north(), service(silent, 80)) })
	resolves(t, "north's service resolves", "web.silent.svc.clusterset.local --from west")
	if err := north().Controller.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func fromNorth(ctx context.Context, ns string) error { return offer(ctx, north(), service(ns, 80)) }

// offerOnceFelt has north export when what was broken is felt, which takes a moment: when an export made for the purpose, each time of
// another name, is not Ready any more. What is on the hub already would not tell.
func offerOnceFelt(ctx context.Context, ns string) error {
	attempt := 0
	err := until(ctx, func() error {
		attempt++
		probe := service(ns, 80)
		probe.Name = fmt.Sprintf("probe-%d", attempt)
		exported := export(ns)
		exported.Name = probe.Name
		if err := create(ctx, north(), probe, exported); err != nil {
			return err
		}
		var ready *metav1.Condition
		if err := until(ctx, func() error {
			if err := north().Client.Get(ctx, client.ObjectKeyFromObject(exported), exported); err != nil {
				return err
			}
			if ready = meta.FindStatusCondition(exported.Status.Conditions, "Ready"); ready == nil {
				return fmt.Errorf("ServiceExport %q has no condition Ready", exported.Name)
			}
			return nil
		}); err != nil {
			return err
		}
		if ready.Status == metav1.ConditionTrue {
			return fmt.Errorf("ServiceExport %q is Ready", exported.Name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return fromNorth(ctx, ns)
}

// misled sends north's controller to a hub that is not there.
func misled(ctx context.Context, _ string) error {
	path := filepath.Join(north().Cluster.Dir(), "hub.kubeconfig")
	config, err := clientcmd.LoadFromFile(path)
	if err != nil {
		return err
	}
	for _, cluster := range config.Clusters {
		cluster.Server = "https://127.0.0.1:1"
	}
	return clientcmd.WriteToFile(*config, path)
}

// registered registers north as its administrator does, and gives it a credential.
func registered(ctx context.Context, _ string) error {
	registration, err := manifests.Member("north", clusterset.Namespace)
	if err != nil {
		return err
	}
	if err := manifests.Apply(ctx, set.Hub.Client, registration.Objects...); err != nil {
		return err
	}
	return north().IssueCredential(ctx)
}

// refusal has the hub refuse records of a namespace.
func refusal(ns string) (*admissionv1.ValidatingAdmissionPolicy, *admissionv1.ValidatingAdmissionPolicyBinding) {
	policy := &admissionv1.ValidatingAdmissionPolicy{ObjectMeta: metav1.ObjectMeta{Name: "refuse"}}
	rule := admissionv1.NamedRuleWithOperations{RuleWithOperations: admissionv1.RuleWithOperations{
		Operations: []admissionv1.OperationType{admissionv1.OperationAll},
		Rule:       admissionv1.Rule{APIGroups: []string{"multicluster-dns.github.io"}, APIVersions: []string{"*"}, Resources: []string{"exportedservices"}},
	}}
	policy.Spec.FailurePolicy = ptr.To(admissionv1.Fail)
	policy.Spec.MatchConstraints = &admissionv1.MatchResources{ResourceRules: []admissionv1.NamedRuleWithOperations{rule}}
	policy.Spec.Validations = []admissionv1.Validation{{Expression: "object == null || object.spec.namespace != '" + ns + "'", Message: "this namespace is not taken"}}
	binding := &admissionv1.ValidatingAdmissionPolicyBinding{ObjectMeta: metav1.ObjectMeta{Name: "refuse"}}
	binding.Spec.PolicyName, binding.Spec.ValidationActions = "refuse", []admissionv1.ValidationAction{admissionv1.Deny}
	return policy, binding
}

// memberRows break members and the hub, in an order in which each finds the rest well: north is silent when they begin.
var memberRows = []row{
	{cause: "MCS-007", how: "the exporter's controller has been stopped for a minute", well: "-", ask: "web.silent.svc.clusterset.local --from west",
		fix: "start mcs-controller in north again: it has no Deployment multicluster-dns/mcs-controller", why: "the controller is a process here",
		play: func(context.Context, string) error { return nil }, after: name + " --from west", set: offers},
	{cause: "MCS-035", how: "an export is made where no controller runs", well: "-", ask: name + fromWest, breaks: fromNorth,
		fix: "start mcs-controller in north: it has no Deployment multicluster-dns/mcs-controller", why: "the controller is a process here",
		play: func(ctx context.Context, _ string) error { return north().RestartController(ctx) }},
	{cause: "MCS-008", how: "the exporter's registration is deleted", set: fromNorth, ask: name + fromWest,
		breaks: func(ctx context.Context, _ string) error { return set.Hub.Client.Delete(ctx, unstructuredProfile()) },
		fix:    "mcsctl join --context north --hub hub --cluster-id north", why: "the controller is a process here", play: registered},
	{cause: "MCS-025", how: "the exporter's profile states another id", set: fromNorth, ask: name + fromWest,
		breaks: func(ctx context.Context, _ string) error { return stateID(ctx, "nord") },
		fix:    `kubectl --context hub -n mcs-clusterset patch clusterprofile north --subresource=status --type=merge -p '{"status":{"properties":[{"name":"cluster.clusterset.k8s.io","value":"north"}]}}'`},
	{cause: "MCS-009", how: "the exporter's account on the hub is made anew", set: fromNorth, ask: name + fromWest,
		breaks: func(ctx context.Context, _ string) error {
			account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: clusterset.Namespace, Name: "north"}}
			if err := set.Hub.Client.Delete(ctx, account); err != nil {
				return err
			}
			return set.Hub.Client.Create(ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: clusterset.Namespace, Name: "north"}})
		},
		fix: "mcsctl join --context north --hub hub --cluster-id north", why: "the controller is a process here", play: registered},
	{cause: "MCS-026", how: "the exporter cannot reach the hub", well: "-", ask: name + fromWest,
		breaks: func(ctx context.Context, ns string) error {
			if err := misled(ctx, ns); err != nil {
				return err
			}
			return offerOnceFelt(ctx, ns)
		},
		fix: "start mcs-controller in north again: it has no Deployment multicluster-dns/mcs-controller", why: "the way to the hub was mended",
		play: registered},
	{cause: "MCS-030", how: "the hub refuses the record", well: "-", ask: name + fromWest,
		breaks: func(ctx context.Context, ns string) error {
			policy, binding := refusal(ns)
			if err := set.Hub.Client.Create(ctx, policy); err != nil {
				return err
			}
			if err := set.Hub.Client.Create(ctx, binding); err != nil {
				return err
			}
			return offerOnceFelt(ctx, ns)
		},
		fix: "kubectl --context north -n {ns} describe serviceexport web", why: "the hub's policy was taken away",
		play: func(ctx context.Context, ns string) error {
			policy, binding := refusal(ns)
			if err := set.Hub.Client.Delete(ctx, binding); err != nil {
				return err
			}
			return set.Hub.Client.Delete(ctx, policy)
		}},
	{cause: "MCS-014", how: "the exporter's API server is stopped for a minute", set: fromNorth, ask: name + fromWest,
		breaks: func(ctx context.Context, _ string) error {
			return north().Cluster.StopComponent(ctx, lab.APIServer)
		},
		fix: "kubectl --context north get --raw /readyz", why: "the API server was started again",
		play: func(ctx context.Context, _ string) error {
			if err := north().Cluster.StartComponent(ctx, lab.APIServer); err != nil {
				return err
			}
			select {
			case <-north().Controller.Done():
				return north().RestartController(ctx)
			default:
				return nil
			}
		}},
	{cause: "MCS-027", how: "the hub's API server is stopped", set: offers, ask: name + fromWest,
		breaks: func(ctx context.Context, _ string) error {
			return set.Hub.Cluster.StopComponent(ctx, lab.APIServer)
		},
		fix: "kubectl --context hub get --raw /readyz", why: "the API server was started again",
		play: func(ctx context.Context, _ string) error {
			return set.Hub.Cluster.StartComponent(ctx, lab.APIServer)
		}},
}
