package scenarios

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

// view is what one member shows of an import, in words.
type view struct {
	Type, Affinity, Policy, Distribution string
	Timeout                              int32
	Ports, Families, Clusters            []string
	Labels, Annotations                  map[string]string
	// Backends has, for each source cluster, the ports that its slices expose, as "name number"; "none" is a slice without.
	Backends map[string][]string
}

// plain is the view of an import of offers without options by the given clusters.
func plain(clusters ...string) view {
	v := view{
		Type: "ClusterSetIP", Affinity: "None", Policy: "Cluster", Ports: []string{"http 80/TCP"}, Families: []string{"IPv4"},
		Clusters: clusters, Backends: map[string][]string{},
	}
	for _, id := range clusters {
		v.Backends[id] = []string{"http 80"}
	}
	return v
}

// shows is nil when the member shows the import like this, ready, with a derived Service and slices that agree with it.
func (s *stage) shows(ctx context.Context, m *clusterset.Member, name string, want view) error {
	got, err := s.look(ctx, m, name)
	if err != nil {
		return err
	}
	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Errorf("import %q in %q (-want +got):\n%s", name, m.ID, diff)
	}
	return nil
}

// look reads an import as a member shows it. What a member shows must agree with itself, or it is an error.
func (s *stage) look(ctx context.Context, m *clusterset.Member, name string) (view, error) {
	si, err := s.serviceImport(ctx, m, name)
	if err != nil {
		return view{}, err
	}
	list, err := s.imported(ctx, m, name, "")
	if err != nil {
		return view{}, err
	}
	spec := si.Spec
	v := view{
		Type: string(spec.Type), Affinity: string(spec.SessionAffinity), Distribution: ptr.Deref(spec.TrafficDistribution, ""),
		Policy:   string(ptr.Deref(spec.InternalTrafficPolicy, corev1.ServiceInternalTrafficPolicyCluster)),
		Labels:   without(si.Labels, mcs.LabelManagedBy),
		Backends: map[string][]string{}, Annotations: without(si.Annotations, mcs.AnnotationDerivedService),
	}
	if c := spec.SessionAffinityConfig; c != nil && c.ClientIP != nil {
		v.Timeout = ptr.Deref(c.ClientIP.TimeoutSeconds, 0)
	}
	for _, p := range spec.Ports {
		v.Ports = append(v.Ports, strings.TrimSpace(fmt.Sprintf("%s %d/%s %s", p.Name, p.Port, p.Protocol, ptr.Deref(p.AppProtocol, ""))))
	}
	for _, family := range spec.IPFamilies {
		v.Families = append(v.Families, string(family))
	}
	for _, cluster := range si.Status.Clusters {
		v.Clusters = append(v.Clusters, cluster.Cluster)
	}
	for _, slice := range list {
		source := slice.Labels[mcsv1beta1.LabelSourceCluster]
		v.Backends[source] = append(v.Backends[source], exposed(slice)...)
		slices.Sort(v.Backends[source])
		v.Backends[source] = slices.Compact(v.Backends[source])
	}
	return v, errors.Join(
		condition(si.Status.Conditions, "Ready", "True/Ready", ""),
		s.agrees(ctx, m, si, list),
	)
}

// agrees is nil when the derived Service holds just the import's IPs and ports, and the slices are its own; or, for a headless
// import, when there is neither an IP nor a Service.
func (s *stage) agrees(ctx context.Context, m *clusterset.Member, si *mcsv1beta1.ServiceImport, list []discoveryv1.EndpointSlice) error {
	if got := si.Status.EndpointSliceObjects; got != mcsv1beta1.EndpointSliceObjectsPresent {
		return fmt.Errorf("the import in %q says its slices are %q", m.ID, got)
	}
	name := si.Annotations[mcs.AnnotationDerivedService]
	for _, slice := range list {
		want := name
		if want == "" {
			want = mcs.NoService
		}
		if got := slice.Labels[discoveryv1.LabelServiceName]; got != want {
			return fmt.Errorf("slice %q in %q is of Service %q, want %q", slice.Name, m.ID, got, want)
		}
	}
	if si.Spec.Type == mcsv1beta1.Headless {
		if len(si.Spec.IPs) > 0 || name != "" {
			return fmt.Errorf("a headless import in %q has IPs %v and Service %q", m.ID, si.Spec.IPs, name)
		}
		return s.absent(ctx, m, &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: s.ns, Name: mcs.DerivedServiceName(s.key(si.Name))}})
	}
	derived := &corev1.Service{}
	if err := m.Client.Get(ctx, s.key(name), derived); err != nil {
		return err
	}
	for i, p := range si.Spec.Ports {
		if i >= len(derived.Spec.Ports) || derived.Spec.Ports[i].Name != p.Name || derived.Spec.Ports[i].Port != p.Port || derived.Spec.Ports[i].Protocol != p.Protocol {
			return fmt.Errorf("the derived Service in %q has ports %v, the import %v", m.ID, derived.Spec.Ports, si.Spec.Ports)
		}
	}
	for _, ip := range si.Spec.IPs {
		if !slices.Contains(derived.Spec.ClusterIPs, ip) {
			return fmt.Errorf("the derived Service in %q has IPs %v, the import %v", m.ID, derived.Spec.ClusterIPs, si.Spec.IPs)
		}
	}
	if len(si.Spec.IPs) != len(si.Spec.IPFamilies) || derived.Spec.SessionAffinity != si.Spec.SessionAffinity || len(derived.Spec.Selector) > 0 {
		return fmt.Errorf("the derived Service in %q is %+v, the import %+v", m.ID, derived.Spec, si.Spec)
	}
	return nil
}

// exposed are the ports of a slice, as "name number".
func exposed(slice discoveryv1.EndpointSlice) []string {
	var all []string
	for _, p := range slice.Ports {
		all = append(all, fmt.Sprintf("%s %d", ptr.Deref(p.Name, ""), ptr.Deref(p.Port, 0)))
	}
	if len(all) == 0 {
		return []string{"none"}
	}
	return all
}

// without is a copy of m without one key, nil when nothing is left.
func without(m map[string]string, key string) map[string]string {
	m = maps.Clone(m)
	delete(m, key)
	if len(m) == 0 {
		return nil
	}
	return m
}

func (s *stage) serviceImport(ctx context.Context, m *clusterset.Member, name string) (*mcsv1beta1.ServiceImport, error) {
	si := &mcsv1beta1.ServiceImport{}
	return si, m.Client.Get(ctx, s.key(name), si)
}

// imports are the imports of a name, by member.
func (s *stage) imports(name string) map[string]*mcsv1beta1.ServiceImport {
	s.Helper()
	found := map[string]*mcsv1beta1.ServiceImport{}
	for _, m := range set.Members {
		si, err := s.serviceImport(s.Context(), m, name)
		if err != nil {
			s.Fatal(err)
		}
		found[m.ID] = si
	}
	return found
}

// sameImports holds the imports of a name to those before: none was deleted and made again, and each has its IPs still.
func (s *stage) sameImports(name string, before map[string]*mcsv1beta1.ServiceImport) {
	s.Helper()
	for id, after := range s.imports(name) {
		if was := before[id]; after.UID != was.UID || !slices.Equal(after.Spec.IPs, was.Spec.IPs) {
			s.Errorf("the import in %s was %s with %v and is %s with %v", id, was.UID, was.Spec.IPs, after.UID, after.Spec.IPs)
		}
	}
}

// imported lists a member's imported slices of a name from one source cluster, or from all where it is "".
func (s *stage) imported(ctx context.Context, m *clusterset.Member, name, source string) ([]discoveryv1.EndpointSlice, error) {
	labels := client.MatchingLabels{mcsv1beta1.LabelServiceName: name}
	if source != "" {
		labels[mcsv1beta1.LabelSourceCluster] = source
	}
	var list discoveryv1.EndpointSliceList
	err := m.Client.List(ctx, &list, client.InNamespace(s.ns), labels)
	return list.Items, err
}

// endpointsOf are a member's imported endpoints of a name from one source cluster, or from all, in the order of the slices' names.
func (s *stage) endpointsOf(ctx context.Context, m *clusterset.Member, name, source string) ([]discoveryv1.Endpoint, error) {
	list, err := s.imported(ctx, m, name, source)
	var all []discoveryv1.Endpoint
	for _, slice := range list {
		all = append(all, slice.Endpoints...)
	}
	return all, err
}

// has is nil when the imported endpoints from a source have just these addresses, in any order.
func (s *stage) has(ctx context.Context, m *clusterset.Member, name, source string, want ...string) error {
	list, err := s.endpointsOf(ctx, m, name, source)
	if err != nil {
		return err
	}
	var got []string
	for _, e := range list {
		got = append(got, e.Addresses...)
	}
	slices.Sort(got)
	if diff := cmp.Diff(slices.Sorted(slices.Values(want)), got); diff != "" {
		return fmt.Errorf("addresses of %q from %q in %q (-want +got):\n%s", name, source, m.ID, diff)
	}
	return nil
}

// absent is nil when the object does not exist in the member.
func (s *stage) absent(ctx context.Context, m *clusterset.Member, object client.Object) error {
	err := m.Client.Get(ctx, client.ObjectKeyFromObject(object), object)
	if apierrors.IsNotFound(err) {
		return nil
	}
	return errors.Join(err, fmt.Errorf("%T %s is in %q", object, client.ObjectKeyFromObject(object), m.ID))
}

// notImported is nil when nothing of an import of the name is in the member.
func (s *stage) notImported(ctx context.Context, m *clusterset.Member, name string) error {
	list, err := s.imported(ctx, m, name, "")
	if err == nil && len(list) > 0 {
		err = fmt.Errorf("%d slices of %q are left in %q", len(list), name, m.ID)
	}
	return errors.Join(err,
		s.absent(ctx, m, &mcsv1beta1.ServiceImport{ObjectMeta: metav1.ObjectMeta{Namespace: s.ns, Name: name}}),
		s.absent(ctx, m, &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: s.ns, Name: mcs.DerivedServiceName(s.key(name))}}))
}

// exportSays compares conditions of a ServiceExport, each as "Kind=status/reason"; "Kind=absent" is one that is not there.
func (s *stage) exportSays(ctx context.Context, m *clusterset.Member, name string, want ...string) error {
	export := &mcsv1beta1.ServiceExport{}
	if err := m.Client.Get(ctx, s.key(name), export); err != nil {
		return err
	}
	for _, wanted := range want {
		kind, saying, _ := strings.Cut(wanted, "=")
		if err := condition(export.Status.Conditions, kind, saying, ""); err != nil {
			return fmt.Errorf("export %q in %q: %w", name, m.ID, err)
		}
	}
	return nil
}

// condition compares one condition of a list, as "status/reason", and looks for a part of its message.
func condition(conditions []metav1.Condition, kind, want, message string) error {
	got, said := "absent", ""
	if c := meta.FindStatusCondition(conditions, kind); c != nil {
		got, said = string(c.Status)+"/"+c.Reason, c.Message
	}
	if got != want || !strings.Contains(said, message) {
		return fmt.Errorf("condition %s is %s %q, want %s %q", kind, got, said, want, message)
	}
	return nil
}

// event is nil when an Event about an object of that name has the reason and a part of the message.
func (s *stage) event(ctx context.Context, m *clusterset.Member, name, reason, message string) error {
	var list corev1.EventList
	if err := m.Client.List(ctx, &list, client.InNamespace(s.ns)); err != nil {
		return err
	}
	var seen []string
	for _, e := range list.Items {
		if e.InvolvedObject.Name == name && e.Reason == reason && strings.Contains(e.Message, message) {
			return nil
		}
		seen = append(seen, e.InvolvedObject.Name+": "+e.Reason+": "+e.Message)
	}
	return fmt.Errorf("the Events in %q are %q", m.ID, seen)
}
