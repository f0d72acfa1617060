package exact

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// rare are grants that are right and that this play may not get to use, and why.
var rare = map[string]string{
	"ClusterRole mcs-hub-member: get exportedservices.multicluster-dns.github.io":       "a record is read again when writing it met another writer",
	"ClusterRole mcs-hub-member: get exportedendpointslices.multicluster-dns.github.io": "a record is read again when writing it met another writer",
	"ClusterRole multicluster-dns:controller: patch events.events.k8s.io":               "client-go patches an Event that it raised minutes before",
	"Role multicluster-dns/mcs-controller: patch events":                                "client-go patches an Event of an election only after ten similar ones",
}

func TestEveryPermissionIsUsedAndNoneIsMissing(t *testing.T) {
	s := newStage(t)
	s.play()

	hubNamespaces := map[string]bool{}
	for _, id := range []mcs.ClusterID{"east", "west"} {
		hubNamespaces[membership.HubNamespace(id)] = true
	}
	general := func(namespace string) string {
		if hubNamespaces[namespace] {
			return "MEMBER"
		}
		return namespace
	}
	accounts := []string{manifests.ControllerNamespace, manifests.DefaultClustersetNamespace}
	ours := func(subject rbacv1.Subject) bool {
		switch {
		case subject.Kind == rbacv1.GroupKind:
			return subject.Name == "system:serviceaccounts:"+manifests.DefaultClustersetNamespace
		case subject.Kind != rbacv1.ServiceAccountKind:
			return false
		}
		return slices.Contains(accounts, subject.Namespace) || hubNamespaces[subject.Namespace] ||
			subject.Namespace == manifests.CoreDNSNamespace && subject.Name == manifests.CoreDNSServiceAccount
	}
	our := func(user string) bool {
		parts := strings.Split(user, ":")
		return len(parts) == 4 && ours(rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: parts[2], Name: parts[3]})
	}

	used, byToken := map[string]bool{}, map[string]bool{}
	requests := 0
	for _, cluster := range s.lab.Clusters() {
		given := grants(t, s.admin[cluster.Name()], ours, general)
		if err := cluster.StopComponent(t.Context(), "kube-apiserver"); err != nil { // nobody writes to the log that is read
			t.Fatal(err)
		}
		for _, g := range given {
			used[g.String()] = used[g.String()] || false
		}
		for _, r := range readLog(t, filepath.Join(cluster.Dir(), "audit.log"), our) {
			requests++
			if strings.Contains(r.User.Username, ":mcs-join-") {
				byToken[r.Verb+" "+r.resource()] = true
			}
			// A token that was used is tried once more, on purpose; and processes, unlike pods, go on after their cluster has left.
			late := cluster.Name() == "west" && r.Received.After(s.left) && r.Received.Before(s.ended)
			if r.refused() && !late && !strings.Contains(r.User.Username, ":mcs-join-") {
				t.Errorf("%s: refused: %s", cluster.Name(), r)
			}
			for _, g := range given {
				if g.covers(r) {
					used[g.String()] = true
				}
			}
		}
	}
	if requests < 100 || len(used) < 30 {
		t.Fatalf("%d requests and %d grants were seen: the search is broken", requests, len(used))
	}
	if diff := cmp.Diff(map[string]bool{"get secrets": true, "delete secrets": true}, byToken); diff != "" {
		t.Errorf("what a join token was used for (-want +got):\n%s", diff)
	}
	for name, was := range used {
		if _, excused := rare[name]; !was && !excused {
			t.Errorf("never used: %s", name)
		}
	}
	t.Logf("%d requests of our accounts, none refused; %d grants, %d of them rare", requests, len(used), len(rare))
}

// play does everything that asks for a permission: joining, exporting, changing, withdrawing, restarting, leaving, joining by token.
func (s *stage) play() {
	for _, context := range []string{"east", "west"} {
		if context == "east" {
			s.mcsctl("hub", "init", "--context=east")
			if out := s.mcsctl("hub", "init", "--context=east"); !strings.Contains(out, "8 unchanged") {
				s.t.Errorf("a second hub init says\n%s", out)
			}
		}
		s.start(context, s.join(context))
	}
	s.mustBeUp("east", "west")
	s.export()
	s.change()
	s.withdraw()
	for _, id := range []string{"east", "west"} {
		s.restart(id)
	}
	s.leave()
	s.joinByToken()
	for _, id := range []string{"east", "west"} {
		s.stop(id)
	}
}

func (s *stage) join(id string, more ...string) string {
	dns := s.lab.Cluster(id).DNS().String()
	return s.mcsctl(append([]string{"join", "--context=" + id, "--run=process", "--dns=own", "--dns-listen=" + dns, "--dir=" + s.dir, "-o=json", "--hub=east"}, more...)...)
}

// mustBeUp waits until members that were started now have read the hub and published there.
func (s *stage) mustBeUp(ids ...string) {
	since := time.Now()
	for _, id := range ids {
		s.eventually(id+" is up", func(ctx context.Context) error {
			key := client.ObjectKey{Namespace: membership.HubNamespace(mcs.ClusterID(id)), Name: membership.LeaseName}
			lease := &coordinationv1.Lease{}
			if err := s.admin["east"].Get(ctx, key, lease); err != nil {
				return err
			}
			if lease.Annotations[membership.AnnotationPublished] == "" {
				return fmt.Errorf("it has not published")
			}
			if lease.Spec.RenewTime == nil || lease.Spec.RenewTime.Before(&metav1.MicroTime{Time: since}) {
				return fmt.Errorf("it was heard last at %v", lease.Spec.RenewTime)
			}
			return nil
		})
	}
}

// serve makes a Service without a selector, and its endpoint.
func (s *stage) serve(cluster, name, address string, headless bool) {
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name, Annotations: map[string]string{"multicluster.kubernetes.io/export": "true"}},
		Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "http", Port: 80}}},
	}
	if headless {
		service.Spec.ClusterIP = corev1.ClusterIPNone
	}
	s.create(cluster, service, &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Namespace: "shop", Name: name, Labels: map[string]string{discoveryv1.LabelServiceName: name}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Name: new("http"), Port: new(int32(8080))}},
		Endpoints:   []discoveryv1.Endpoint{{Addresses: []string{address}}},
	})
}

func (s *stage) create(cluster string, objects ...client.Object) {
	s.t.Helper()
	for _, object := range objects {
		if err := s.admin[cluster].Create(s.t.Context(), object); err != nil {
			s.t.Fatalf("creating %T: %v", object, err)
		}
	}
}

func (s *stage) export() {
	for _, cluster := range []string{"east", "west"} {
		s.create(cluster, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop"}})
		s.serve(cluster, "checkout", "10.9.0.1", false)
		s.serve(cluster, "db", "10.9.0.2", true)
	}
	for _, cluster := range []string{"east", "west"} {
		s.imported(cluster, "checkout", 2, 80)
		s.imported(cluster, "db", 2, 80)
	}
}

// imported waits until a ServiceImport is there, from so many clusters, with the port.
func (s *stage) imported(cluster, name string, clusters int, port int32) {
	s.eventually(fmt.Sprintf("%s has %s from %d clusters", cluster, name, clusters), func(ctx context.Context) error {
		var si mcsv1beta1.ServiceImport
		if err := s.admin[cluster].Get(ctx, client.ObjectKey{Namespace: "shop", Name: name}, &si); err != nil {
			return err
		}
		if len(si.Status.Clusters) != clusters || len(si.Spec.Ports) != 1 || si.Spec.Ports[0].Port != port {
			return fmt.Errorf("clusters %v, ports %v", si.Status.Clusters, si.Spec.Ports)
		}
		return nil
	})
}

func (s *stage) edit(cluster string, object client.Object, change func()) {
	s.eventually("changing an object", func(ctx context.Context) error {
		if err := s.admin[cluster].Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
			return err
		}
		change()
		return s.admin[cluster].Update(ctx, object)
	})
}

// change updates what is exported in every way that is written on: port, endpoints, labels, and the export itself, again and again.
func (s *stage) change() {
	service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "checkout"}}
	for _, cluster := range []string{"east", "west"} {
		slice := &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "checkout"}}
		s.edit(cluster, slice, func() { slice.Endpoints[0].Addresses = []string{"10.9.0.3"} })
		s.edit(cluster, service, func() {
			service.Spec.Ports[0].Port = 81
			service.Labels = map[string]string{"team": "payments"}
			service.Annotations["multicluster.kubernetes.io/export-labels"] = "team"
		})
	}
	for _, cluster := range []string{"east", "west"} {
		s.imported(cluster, "checkout", 2, 81)
	}
	// An Event about a value that is wrong again and again.
	for _, value := range []string{"maybe", "true", "maybe", "true"} {
		s.edit("east", service, func() { service.Annotations["multicluster.kubernetes.io/export"] = value })
		s.noted("InvalidExportValue")
	}
}

// noted waits until an Event of a reason was raised in east.
func (s *stage) noted(reason string) {
	s.eventually("an Event "+reason, func(ctx context.Context) error {
		var events corev1.EventList
		if err := s.admin["east"].List(ctx, &events, client.InNamespace("shop")); err != nil {
			return err
		}
		if !slices.ContainsFunc(events.Items, func(e corev1.Event) bool { return e.Reason == reason }) {
			return fmt.Errorf("there are %d others", len(events.Items))
		}
		return nil
	})
}

// withdraw ends exports, first one cluster's, then the last.
func (s *stage) withdraw() {
	service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "checkout"}}
	for i, cluster := range []string{"west", "east"} {
		s.edit(cluster, service, func() { delete(service.Annotations, "multicluster.kubernetes.io/export") })
		if i == 0 {
			s.imported("east", "checkout", 1, 81)
		}
	}
	for _, cluster := range []string{"east", "west"} {
		s.eventually(cluster+" has no checkout", func(ctx context.Context) error {
			var si mcsv1beta1.ServiceImport
			err := s.admin[cluster].Get(ctx, client.ObjectKey{Namespace: "shop", Name: "checkout"}, &si)
			if apierrors.IsNotFound(err) {
				return nil
			}
			return fmt.Errorf("it is there, %v", err)
		})
	}
}

// restart joins again, which changes nothing but renews the programs' tokens, and ends and starts the programs of a member: for once with
// lists instead of streams, as they do with API servers that cannot stream.
func (s *stage) restart(id string) {
	lines := s.join(id)
	if !strings.Contains(lines, `"created": 0`) || !strings.Contains(lines, `"changed": 0`) {
		s.t.Errorf("joining %s again writes something:\n%s", id, lines)
	}
	s.stop(id)
	s.start(id, lines, "KUBE_FEATURE_WatchListClient=false")
	s.mustBeUp(id)
}

// leave takes west out while it runs and exports. Nothing of it is left elsewhere and nothing of ours in it, but what is somebody's.
func (s *stage) leave() {
	s.create("west", &mcsv1beta1.ServiceExport{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "by-hand"}})
	s.imported("east", "db", 2, 80)
	s.left = time.Now()
	out := s.mcsctl("leave", "--context=west", "--hub=east", "--wait="+patience.String())
	if !strings.Contains(out, "1 member has none of its endpoints") || strings.Contains(out, "has not removed its imports") {
		s.t.Errorf("leave says\n%s", out)
	}
	s.imported("east", "db", 1, 80)
	s.stop("west")
	s.ended = time.Now()
	ctx, west, hub := s.t.Context(), s.admin["west"], s.admin["east"]
	for _, list := range []client.ObjectList{&mcsv1beta1.ServiceImportList{}, &mcsv1beta1.ServiceExportList{}, &corev1.ServiceList{}} {
		if err := west.List(ctx, list, client.MatchingLabels{mcs.LabelManagedBy: mcs.ManagedBy}); err != nil {
			s.t.Fatal(err)
		}
		if n := meta.LenList(list); n > 0 {
			s.t.Errorf("%d objects of a %T are left in west", n, list)
		}
	}
	if err := west.Get(ctx, client.ObjectKey{Namespace: "shop", Name: "by-hand"}, &mcsv1beta1.ServiceExport{}); err != nil {
		s.t.Errorf("the ServiceExport written by hand: %v", err)
	}
	for _, name := range []string{"multicluster-dns:controller", "multicluster-dns:coredns", "multicluster-dns:coredns-cluster-local"} {
		if err := west.Get(ctx, client.ObjectKey{Name: name}, &rbacv1.ClusterRole{}); !apierrors.IsNotFound(err) {
			s.t.Errorf("ClusterRole %q in west: %v, want it gone", name, err)
		}
	}
	s.gone("west", manifests.ControllerNamespace)
	s.gone("east", membership.HubNamespace("west"))
	var accounts corev1.ServiceAccountList
	if err := hub.List(ctx, &accounts, client.InNamespace(manifests.DefaultClustersetNamespace)); err != nil {
		s.t.Fatal(err)
	}
	if slices.ContainsFunc(accounts.Items, func(a corev1.ServiceAccount) bool { return a.Name == "west" }) {
		s.t.Error("west still has an account on the hub")
	}
}

// gone waits until a namespace is not there.
func (s *stage) gone(cluster, namespace string) {
	s.eventually("namespace "+namespace+" is gone from "+cluster, func(ctx context.Context) error {
		err := s.admin[cluster].Get(ctx, client.ObjectKey{Name: namespace}, &corev1.Namespace{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("it is there, %v", err)
	})
}

// joinByToken has west come back with a token. A token is good once, and revoking one that nobody used takes the place away.
func (s *stage) joinByToken() {
	file := filepath.Join(s.dir, "west.token")
	token := s.mcsctl("token", "create", "west", "--hub=east")
	if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
		s.t.Fatal(err)
	}
	byToken := []string{"join", "--context=west", "--run=process", "--dns=own", "--dir=" + s.dir, "-o=json", "--token-file=" + file,
		"--dns-listen=" + s.lab.Cluster("west").DNS().String()}
	s.start("west", s.mcsctl(byToken...))
	s.mustBeUp("west")
	s.imported("east", "db", 2, 80)
	if out, err := s.try(byToken...); err == nil || !strings.Contains(err.Error(), "the join token was used, revoked or has expired") {
		s.t.Errorf("a token is good twice: %v\n%s", err, out)
	}
	if _, err := s.try("token", "create", "west", "--hub=east"); err == nil || !strings.Contains(err.Error(), "is a member that is alive") {
		s.t.Errorf("a token for a member that is alive: %v", err)
	}
	s.mcsctl("token", "create", "ap", "--hub=east")
	if out := s.mcsctl("token", "revoke", "ap", "--hub=east"); !strings.Contains(out, "1 revoked") || !strings.Contains(out, "is removed") {
		s.t.Errorf("token revoke says\n%s", out)
	}
	s.gone("east", membership.HubNamespace("ap"))
}
