package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/test/await"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

const exportAnnotation = "multicluster.kubernetes.io/export"

func east() *clusterset.Member { return set.Member("east") }
func west() *clusterset.Member { return set.Member("west") }

// patience bounds every wait; it is never measured. One that succeeds takes milliseconds to seconds, and longer only where somebody backs
// off from an API server that was away.
const patience = 3 * time.Minute

// eventually asks until got returns nil; when patience ends the test fails with what it last returned.
func eventually(t *testing.T, what string, got func(ctx context.Context) error) {
	t.Helper()
	await.Holds(t, patience, 10*time.Millisecond, what, got)
}

// namespace makes a namespace with the test's own name in each of the members and removes it at the end.
func namespace(t *testing.T, name string, members ...*clusterset.Member) string {
	t.Helper()
	for _, m := range members {
		create(t, m, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
	}
	t.Cleanup(func() {
		for _, m := range members {
			err := m.Client.Delete(context.Background(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
			if client.IgnoreNotFound(err) != nil {
				t.Errorf("deleting namespace %q in %q: %v", name, m.ID, err)
			}
		}
	})
	return name
}

func create(t *testing.T, m *clusterset.Member, objects ...client.Object) {
	t.Helper()
	for _, object := range objects {
		if err := m.Client.Create(t.Context(), object); err != nil {
			t.Fatalf("creating %T %s in %q: %v", object, client.ObjectKeyFromObject(object), m.ID, err)
		}
	}
}

func remove(t *testing.T, m *clusterset.Member, object client.Object) {
	t.Helper()
	if err := m.Client.Delete(t.Context(), object); err != nil {
		t.Fatalf("deleting %T %s in %q: %v", object, client.ObjectKeyFromObject(object), m.ID, err)
	}
}

func patch(t *testing.T, m *clusterset.Member, object client.Object, format string, args ...any) {
	t.Helper()
	if err := m.Client.Patch(t.Context(), object, client.RawPatch(types.MergePatchType, fmt.Appendf(nil, format, args...))); err != nil {
		t.Fatalf("patching %T %s in %q: %v", object, client.ObjectKeyFromObject(object), m.ID, err)
	}
}

// web is a Service of n ready pods on port 80, with a virtual address.
func web(t *testing.T, m *clusterset.Member, ns, name string, n int32, change ...func(*corev1.Service)) *corev1.Service {
	t.Helper()
	labels := map[string]string{"app": name}
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: name},
		Spec: corev1.ServiceSpec{
			Selector:       labels,
			IPFamilyPolicy: ptr.To(corev1.IPFamilyPolicyPreferDualStack),
			Ports:          []corev1.ServicePort{{Name: "http", Port: 80, Protocol: corev1.ProtocolTCP}},
		},
	}
	for _, c := range change {
		c(service)
	}
	create(t, m, service, &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: name},
		Spec: appsv1.DeploymentSpec{
			Replicas: &n,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: podTemplate(labels),
		},
	})
	return service
}

// stateful is a headless Service over a StatefulSet of n pods.
func stateful(t *testing.T, m *clusterset.Member, ns, name string, n int32) {
	t.Helper()
	labels := map[string]string{"app": name}
	create(t, m, &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: name},
		Spec: corev1.ServiceSpec{
			ClusterIP:      corev1.ClusterIPNone,
			Selector:       labels,
			IPFamilyPolicy: ptr.To(corev1.IPFamilyPolicyPreferDualStack),
			Ports:          []corev1.ServicePort{{Name: "http", Port: 80, Protocol: corev1.ProtocolTCP}},
		},
	}, &appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: name},
		Spec: appsv1.StatefulSetSpec{
			ServiceName:         name,
			Replicas:            &n,
			PodManagementPolicy: appsv1.ParallelPodManagement,
			Selector:            &metav1.LabelSelector{MatchLabels: labels},
			Template:            podTemplate(labels),
		},
	})
}

func podTemplate(labels map[string]string) corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: labels},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{
			Name: "web", Image: "web", Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 80}},
		}}},
	}
}

// annotate sets the export annotation of a Service; "" removes it.
func annotate(t *testing.T, m *clusterset.Member, ns, name, value string) {
	t.Helper()
	quoted := "null"
	if value != "" {
		quoted = fmt.Sprintf("%q", value)
	}
	patch(t, m, &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: name}}, `{"metadata":{"annotations":{%q:%s}}}`, exportAnnotation, quoted)
}

func serviceExport(ns, name string) *mcsv1beta1.ServiceExport {
	return &mcsv1beta1.ServiceExport{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: name}}
}

// serviceImport reads a member's ServiceImport.
func serviceImport(ctx context.Context, m *clusterset.Member, ns, name string) (*mcsv1beta1.ServiceImport, error) {
	si := &mcsv1beta1.ServiceImport{}
	return si, m.Client.Get(ctx, types.NamespacedName{Namespace: ns, Name: name}, si)
}

// absent is nil when the object does not exist in the member.
func absent(ctx context.Context, m *clusterset.Member, object client.Object) error {
	err := m.Client.Get(ctx, client.ObjectKeyFromObject(object), object)
	if apierrors.IsNotFound(err) {
		return nil
	}
	return errors.Join(err, fmt.Errorf("%T %s is in %q", object, client.ObjectKeyFromObject(object), m.ID))
}

// imported lists a member's imported EndpointSlices of a service from one source cluster, or from all where it is "".
func imported(ctx context.Context, m *clusterset.Member, ns, name, source string) ([]discoveryv1.EndpointSlice, error) {
	labels := client.MatchingLabels{mcsv1beta1.LabelServiceName: name}
	if source != "" {
		labels[mcsv1beta1.LabelSourceCluster] = source
	}
	var list discoveryv1.EndpointSliceList
	err := m.Client.List(ctx, &list, client.InNamespace(ns), labels)
	return list.Items, err
}

// addressesOf are the distinct addresses of ready endpoints in slices, sorted.
func addressesOf(list []discoveryv1.EndpointSlice) []string {
	found := map[string]bool{}
	for _, slice := range list {
		for _, endpoint := range slice.Endpoints {
			if ready := endpoint.Conditions.Ready; ready == nil || *ready {
				for _, address := range endpoint.Addresses {
					found[address] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// local are the ready addresses of a Service in its own cluster, once there are n pods in every family it has: each family has slices of
// its own, which come one after the other.
func local(t *testing.T, m *clusterset.Member, ns, name string, n int) []string {
	t.Helper()
	var addresses []string
	eventually(t, fmt.Sprintf("%d pods of %s ready in %s", n, name, m.ID), func(ctx context.Context) error {
		var service corev1.Service
		if err := m.Client.Get(ctx, types.NamespacedName{Namespace: ns, Name: name}, &service); err != nil {
			return err
		}
		var list discoveryv1.EndpointSliceList
		if err := m.Client.List(ctx, &list, client.InNamespace(ns), client.MatchingLabels{discoveryv1.LabelServiceName: name}); err != nil {
			return err
		}
		if addresses = addressesOf(list.Items); len(addresses) != n*len(service.Spec.IPFamilies) {
			return fmt.Errorf("addresses %v, want %d in each of %v", addresses, n, service.Spec.IPFamilies)
		}
		return nil
	})
	return addresses
}

// condition compares one condition of a list: its status, its reason, and a part of its message.
func condition(conditions []metav1.Condition, kind string, status metav1.ConditionStatus, reason, message string) error {
	c := meta.FindStatusCondition(conditions, kind)
	if c == nil {
		return fmt.Errorf("there is no condition %q", kind)
	}
	if c.Status != status || c.Reason != reason || !strings.Contains(c.Message, message) {
		return fmt.Errorf("condition %s=%s/%s %q, want %s/%s %q", kind, c.Status, c.Reason, c.Message, status, reason, message)
	}
	return nil
}

// exportConditions compares Valid, Ready and Conflict of a ServiceExport, each as "status/reason".
func exportConditions(ctx context.Context, m *clusterset.Member, ns, name string, want map[string]string) error {
	export := serviceExport(ns, name)
	if err := m.Client.Get(ctx, client.ObjectKeyFromObject(export), export); err != nil {
		return err
	}
	for kind, wanted := range want {
		c := meta.FindStatusCondition(export.Status.Conditions, kind)
		got := "absent"
		if c != nil {
			got = string(c.Status) + "/" + c.Reason
			if c.ObservedGeneration != export.Generation {
				return fmt.Errorf("condition %s has observedGeneration %d of %d", kind, c.ObservedGeneration, export.Generation)
			}
		}
		if got != wanted {
			return fmt.Errorf("condition %s is %s, want %s", kind, got, wanted)
		}
	}
	return nil
}

// asks compares the answer of a member's DNS server: its code, and its records in text, sorted, without owner and TTL.
func asks(ctx context.Context, m *clusterset.Member, name string, qtype uint16, rcode int, want ...string) error {
	answer, err := m.Query(ctx, name, qtype)
	if err != nil {
		return err
	}
	var got []string
	for _, rr := range answer.Answer {
		got = append(got, strings.TrimPrefix(rr.String(), rr.Header().String()))
	}
	slices.Sort(got)
	slices.Sort(want)
	if answer.Rcode != rcode || !slices.Equal(got, want) {
		return fmt.Errorf("%s %s in %q answers %s %q, want %s %q", name, dns.TypeToString[qtype], m.ID, dns.RcodeToString[answer.Rcode], got, dns.RcodeToString[rcode], want)
	}
	return nil
}

// clustersetName is the DNS name of an imported service.
func clustersetName(ns, name string) string { return name + "." + ns + ".svc.clusterset.local." }

// family splits addresses into IPv4 and IPv6.
func family(addresses []string) (v4, v6 []string) {
	for _, address := range addresses {
		if strings.Contains(address, ":") {
			v6 = append(v6, address)
		} else {
			v4 = append(v4, address)
		}
	}
	return v4, v6
}
