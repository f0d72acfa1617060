package join_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// until runs a command against API servers that fail it again and again, each time a little later, until it ends well.
func (s *stage) until(command string, between func()) said {
	s.t.Helper()
	defer s.faults.set(none)
	for i := range 60 {
		s.faults.set([]fault{refusing, dying, deaf}[i%3])
		r := s.run(strings.Fields(command)...)
		if r.err == nil {
			if i < 3 {
				s.t.Errorf("mcsctl %s was interrupted %d times only: the test is broken", command, i)
			}
			return r
		}
		if !strings.Contains(r.notes, "same command again") && !strings.Contains(r.notes, "run the command again") {
			s.t.Errorf("interrupted, mcsctl %s does not say what to do:\n%s%v", command, r.notes, r.err)
		}
		between()
	}
	s.t.Fatalf("mcsctl %s does not get to its end", command)
	return said{}
}

func named(kind, namespace, name string) *unstructured.Unstructured {
	o := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "about.k8s.io/v1beta1", "kind": kind}}
	o.SetNamespace(namespace)
	o.SetName(name)
	return o
}

// our are objects of ours in the member, one of each kind.
func our() map[string]client.Object {
	at := func(namespace, name string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Namespace: namespace, Name: name}
	}
	return map[string]client.Object{
		"namespace":    &corev1.Namespace{ObjectMeta: at("", manifests.ControllerNamespace)},
		"statement":    named("ClusterProperty", "", membership.PropertyClusterID),
		"role":         &rbacv1.ClusterRole{ObjectMeta: at("", "multicluster-dns:controller")},
		"binding":      &rbacv1.ClusterRoleBinding{ObjectMeta: at("", "multicluster-dns:coredns")},
		"DNS account":  &corev1.ServiceAccount{ObjectMeta: at(manifests.CoreDNSNamespace, manifests.CoreDNSServiceAccount)},
		"DNS server":   &appsv1.Deployment{ObjectMeta: at(manifests.CoreDNSNamespace, manifests.CoreDNSDeployment)},
		"DNS Service":  &corev1.Service{ObjectMeta: at(manifests.CoreDNSNamespace, manifests.CoreDNSDeployment)},
		"DNS Corefile": &corev1.ConfigMap{ObjectMeta: at(manifests.CoreDNSNamespace, manifests.CoreDNSDeployment)},
		"import":       &mcsv1beta1.ServiceImport{ObjectMeta: at("default", "imported")},
	}
}

const corefile = ".:53 {\n    kubernetes cluster.local\n}\n"

const patched = "# BEGIN multicluster-dns\nclusterset.local:53 {\n    forward . 10.96.0.53\n}\n# END multicluster-dns\n" + corefile

// Wherever a join or a leave is interrupted, the same command again ends as if nothing had been, for the member, its hub and its user.
func TestWhatWasInterruptedIsFinishedByTheSameCommand(t *testing.T) {
	s := newStage(t)
	s.bare() // each command has to have something to do, again and again
	ctx := t.Context()
	theirs := s.definition()
	s.until("hub init --context hub", func() {})
	s.must("hub init --context hub", "8 unchanged")

	profile := &membership.ClusterProfile{ObjectMeta: metav1.ObjectMeta{Namespace: manifests.DefaultClustersetNamespace, Name: id}}
	const joins = "join --context west --hub hub --cluster-id " + id + " --wait 0"
	s.until(joins, func() {
		if s.there(s.hub, profile) && s.given() == "" {
			t.Error("others count a member that cannot reach its hub")
		}
	})
	s.must(joins, "was a member already, nothing has changed", "1 kept")
	if s.given() == "" || s.given() != s.credential() {
		t.Error("the member's credential is not the one that the hub knows")
	}

	// What is the user's own, and what the controller would have made.
	exported := &mcsv1beta1.ServiceExport{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "by-hand"}}
	property := named("ClusterProperty", "", "color.example.org")
	if err := unstructured.SetNestedField(property.Object, "red", "spec", "value"); err != nil {
		t.Fatal(err)
	}
	dns := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: "coredns"}, Data: map[string]string{"Corefile": patched}}
	foreign := &mcsv1beta1.ServiceImport{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "foreign"}, Spec: mcsv1beta1.ServiceImportSpec{Type: mcsv1beta1.Headless, Ports: []mcsv1beta1.ServicePort{{Port: 80}}}}
	imported := foreign.DeepCopy()
	imported.Name, imported.Labels = "imported", map[string]string{mcs.LabelManagedBy: mcs.ManagedBy}
	s.create(s.west, exported, property, dns, foreign, imported)
	for name, object := range our() {
		if !s.there(s.west, object) {
			t.Errorf("the %s is not there after joining: looking for it later proves nothing", name)
		}
	}

	const leaves = "leave --context west --hub hub --wait 20s"
	last := s.until(leaves, func() {
		if s.there(s.west, our()["statement"]) {
			return
		}
		if s.credential() != "" {
			t.Error("the member has lost its id, and its place on the hub is there")
		}
	})
	if !strings.Contains(last.out, "done") {
		t.Errorf("the last run says\n%s", last.out)
	}
	for name, object := range our() {
		if s.there(s.west, object) {
			t.Errorf("the %s is there after leaving", name)
		}
	}
	if s.there(s.hub, profile) || s.credential() != "" || s.there(s.hub, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: membership.HubNamespace(id)}}) {
		t.Error("the hub still has the member")
	}
	for _, object := range []client.Object{exported, property, foreign} {
		if !s.there(s.west, object) {
			t.Errorf("the user's own %T is gone", object)
		}
	}
	if err := s.west.Get(ctx, client.ObjectKeyFromObject(dns), dns); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(corefile, dns.Data["Corefile"]); diff != "" {
		t.Errorf("the Corefile is not as it was (-want +got):\n%s", diff)
	}
	s.must(leaves, "done")

	// The definitions go when nobody needs them.
	const crds = "leave --context west --force --crds"
	s.refused(1, crds, "serviceexports.multicluster.x-k8s.io is kept: 1 objects of it are somebody's", "kubectl --context west get serviceexports.multicluster.x-k8s.io -A")
	for _, object := range []client.Object{exported, property, foreign} {
		if err := s.west.Delete(ctx, object); err != nil {
			t.Fatal(err)
		}
	}
	s.must(crds, "2 definitions removed; somebody else installed "+theirs, "left      on the hub, if it comes back: mcsctl leave --cluster-id west --gone --hub HUB")
}

// definition has somebody else install one of the member's definitions, and returns its name.
func (s *stage) definition() string {
	s.t.Helper()
	definitions, err := manifests.MemberCRDs()
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { s.gone(s.west, definitions[0]) }) // after it was deleted: the next test is to find it gone
	s.create(s.west, definitions[0])
	return definitions[0].GetName()
}

// bare removes from the clusters what tests before this one left: the hub, and the definitions, which a leave keeps.
func (s *stage) bare() {
	s.t.Helper()
	hub, err := manifests.Hub(manifests.DefaultClustersetNamespace)
	if err != nil {
		s.t.Fatal(err)
	}
	definitions, err := manifests.MemberCRDs()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range []client.Client{s.hub, s.west} {
		for _, object := range slices.Concat(hub, definitions) {
			if err := c.Delete(s.t.Context(), object.DeepCopy()); err != nil && !apierrors.IsNotFound(err) && !meta.IsNoMatchError(err) {
				s.t.Fatal(err)
			}
		}
		s.gone(c, slices.Concat(hub, definitions)...)
	}
}

// gone waits until none of the objects is there, not even one that is being deleted. It may be called when the test is over.
func (s *stage) gone(c client.Client, objects ...*unstructured.Unstructured) {
	s.t.Helper()
	for _, object := range objects {
		var last error
		err := wait.PollUntilContextTimeout(context.Background(), 50*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
			last = c.Get(ctx, client.ObjectKeyFromObject(object), object.DeepCopy())
			return apierrors.IsNotFound(last) || meta.IsNoMatchError(last), nil
		})
		if err != nil {
			s.t.Errorf("%s %q does not go: %v", object.GetKind(), object.GetName(), last)
		}
	}
}
