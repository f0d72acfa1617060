package e2e

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

// event waits for an Event about a Service or ServiceExport of this name, with the reason.
func event(t *testing.T, m *clusterset.Member, ns, name, reason, message string) {
	t.Helper()
	eventually(t, fmt.Sprintf("an Event %s on %s", reason, name), func(ctx context.Context) error {
		var list corev1.EventList
		if err := m.Client.List(ctx, &list, client.InNamespace(ns)); err != nil {
			return err
		}
		var seen []string
		for _, e := range list.Items {
			if e.InvolvedObject.Name == name && e.Reason == reason && strings.Contains(e.Message, message) {
				return nil
			}
			seen = append(seen, e.Reason+": "+e.Message)
		}
		return fmt.Errorf("the Events are %q", seen)
	})
}

// An annotation nobody understands changes nothing and says so where its owner looks.
func TestUnknownAnnotationValueIsSaidAndChangesNothing(t *testing.T) {
	ns := namespace(t, "unknown-value", east(), west())
	web(t, east(), ns, "new", 1)
	annotate(t, east(), ns, "new", "yes please")
	event(t, east(), ns, "new", "InvalidExportValue", `"yes please"`)
	if err := absent(t.Context(), east(), serviceExport(ns, "new")); err != nil {
		t.Errorf("it created an export: %v", err)
	}

	web(t, east(), ns, "old", 1)
	annotate(t, east(), ns, "old", "true")
	eventually(t, "exported", func(ctx context.Context) error {
		_, err := serviceImport(ctx, west(), ns, "old")
		return err
	})
	annotate(t, east(), ns, "old", "TRUE!")
	event(t, east(), ns, "old", "InvalidExportValue", `"TRUE!"`)
	if err := east().Client.Get(t.Context(), client.ObjectKey{Namespace: ns, Name: "old"}, serviceExport(ns, "old")); err != nil {
		t.Errorf("it deleted the export: %v", err)
	}
}

// Scenario 58: a ServiceExport written by hand is never taken over, changed or deleted.
func TestHandWrittenExportIsNeverTouched(t *testing.T) {
	ns := namespace(t, "by-hand", east(), west())
	mine := serviceExport(ns, "web")
	mine.Labels = map[string]string{"owner": "me"}
	create(t, east(), mine)
	web(t, east(), ns, "web", 1)
	annotate(t, east(), ns, "web", "true")
	event(t, east(), ns, "web", "ExportNotManaged", "")
	annotate(t, east(), ns, "web", "")
	web(t, east(), ns, "later", 1)
	annotate(t, east(), ns, "later", "true")
	eventually(t, "a later annotation is done with", func(ctx context.Context) error {
		return east().Client.Get(ctx, client.ObjectKey{Namespace: ns, Name: "later"}, serviceExport(ns, "later"))
	})
	got := serviceExport(ns, "web")
	if err := east().Client.Get(t.Context(), client.ObjectKeyFromObject(got), got); err != nil {
		t.Fatal(err)
	}
	if got.UID != mine.UID || len(got.OwnerReferences) != 0 || len(got.Finalizers) != 0 || len(got.Labels) != 1 || len(got.Annotations) != 0 {
		t.Errorf("the hand-written ServiceExport became %+v", got.ObjectMeta)
	}
}

// Scenario 6: an ExternalName Service is refused until it is something else.
func TestExternalNameIsRefusedUntilItChanges(t *testing.T) {
	ns := namespace(t, "external", east(), west())
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "web"},
		Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "example.org"},
	}
	create(t, east(), service, serviceExport(ns, "web"))
	eventually(t, "the export is not valid", func(ctx context.Context) error {
		return exportConditions(ctx, east(), ns, "web", map[string]string{"Valid": "False/InvalidServiceType"})
	})
	if err := absent(t.Context(), west(), &mcsv1beta1.ServiceImport{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "web"}}); err != nil {
		t.Error(err)
	}
	patch(t, east(), service, `{"spec":{"type":"ClusterIP","externalName":null,"ports":[{"name":"http","port":80}]}}`)
	eventually(t, "as a ClusterIP Service it is exported", func(ctx context.Context) error {
		if err := exportConditions(ctx, east(), ns, "web", map[string]string{"Valid": "True/Valid"}); err != nil {
			return err
		}
		_, err := serviceImport(ctx, west(), ns, "web")
		return err
	})
}

// Scenario 11: nothing leaves a system namespace.
func TestSystemNamespaceIsDenied(t *testing.T) {
	export := serviceExport("kube-public", "denied")
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: "kube-public", Name: "denied"},
		Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "http", Port: 80}}},
	}
	create(t, east(), service, export)
	t.Cleanup(func() {
		for _, object := range []client.Object{service, export} {
			if err := east().Client.Delete(context.Background(), object); err != nil {
				t.Error(err)
			}
		}
	})
	eventually(t, "the export is refused", func(ctx context.Context) error {
		return exportConditions(ctx, east(), "kube-public", "denied", map[string]string{"Valid": "False/NamespaceNotAllowed"})
	})
	if err := absent(t.Context(), west(), &mcsv1beta1.ServiceImport{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-public", Name: "denied"}}); err != nil {
		t.Error(err)
	}
}

// Scenario 32: a namespace that is missing here is no error, and one that comes later gets its imports.
func TestNamespaceThatComesLaterGetsItsImports(t *testing.T) {
	ns := namespace(t, "late", east())
	web(t, east(), ns, "web", 1)
	annotate(t, east(), ns, "web", "true")
	eventually(t, "exported", func(ctx context.Context) error {
		return exportConditions(ctx, east(), ns, "web", map[string]string{"Ready": "True/Exported"})
	})
	name := clustersetName(ns, "web")
	if err := asks(t.Context(), west(), name, dns.TypeA, dns.RcodeNameError); err != nil {
		t.Error(err)
	}
	namespace(t, ns, west())
	eventually(t, "the name resolves", func(ctx context.Context) error {
		si, err := serviceImport(ctx, west(), ns, "web")
		if err != nil {
			return err
		}
		v4, _ := family(si.Spec.IPs)
		if len(v4) == 0 {
			return fmt.Errorf("no address yet")
		}
		return asks(ctx, west(), name, dns.TypeA, dns.RcodeSuccess, v4...)
	})
}

// Scenario 47 and the Corefile: a program that cannot work says why in one line and what to do.
func TestUnusableConfigurationIsRefusedInOneLine(t *testing.T) {
	binaries, err := filepath.Abs("../../bin")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		argv []string
		want string
	}{
		{
			name: "a cluster id in upper case",
			argv: []string{"mcs-controller", "--cluster-id=West", "--hub-kubeconfig=" + east().Cluster.AdminKubeconfig(), "--kubeconfig=" + east().Cluster.AdminKubeconfig()},
			want: `cluster id "West" is not one or two lower-case DNS labels`,
		},
		{
			name: "a cluster id of 70 characters",
			argv: []string{"mcs-controller", "--cluster-id=" + strings.Repeat("a", 70), "--hub-kubeconfig=" + east().Cluster.AdminKubeconfig(), "--kubeconfig=" + east().Cluster.AdminKubeconfig()},
			want: "it may have 63",
		},
		{
			name: "a kubeconfig that is not there",
			argv: []string{"mcs-controller", "--cluster-id=west", "--hub-kubeconfig=" + east().Cluster.AdminKubeconfig(), "--kubeconfig=/nowhere"},
			want: "/nowhere",
		},
		{
			name: "a Corefile with an unknown option",
			argv: []string{"coredns", "-conf", "testdata/unknown-option.corefile"},
			want: `unknown-option.corefile:3`,
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			command := exec.CommandContext(t.Context(), filepath.Join(binaries, tc.argv[0]), tc.argv[1:]...)
			out, err := command.CombinedOutput()
			if err == nil {
				t.Fatalf("it ran:\n%s", out)
			}
			if !strings.Contains(string(out), tc.want) {
				t.Errorf("it says %q, want %q", out, tc.want)
			}
			// CoreDNS itself says how many processors it uses before it reads its configuration.
			said := strings.Split(strings.TrimSpace(string(out)), "\n")
			said = slices.DeleteFunc(said, func(line string) bool { return strings.HasPrefix(line, "maxprocs: ") })
			if len(said) != 1 {
				t.Errorf("it takes %d lines:\n%s", len(said), out)
			}
		})
	}
}
