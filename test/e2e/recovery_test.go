package e2e

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

// versions are the resourceVersions of everything that a member's controller writes in a namespace.
func versions(ctx context.Context, m *clusterset.Member, ns string) (map[string]string, error) {
	found := map[string]string{}
	for _, list := range []client.ObjectList{
		&mcsv1beta1.ServiceImportList{}, &mcsv1beta1.ServiceExportList{}, &corev1.ServiceList{}, &discoveryv1.EndpointSliceList{},
	} {
		if err := m.Client.List(ctx, list, client.InNamespace(ns)); err != nil {
			return nil, err
		}
		items, err := meta.ExtractList(list)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			object := item.(client.Object)
			found[fmt.Sprintf("%T %s", object, object.GetName())] = object.GetResourceVersion()
		}
	}
	return found, nil
}

// importedEverywhere waits until every member has the ServiceImport of that name, ready, with these endpoints: then nothing of it is on
// its way anywhere any more.
func importedEverywhere(t *testing.T, ns, name string, addresses []string) {
	t.Helper()
	for _, m := range set.Members {
		eventually(t, name+" imported in "+m.ID, func(ctx context.Context) error {
			si, err := serviceImport(ctx, m, ns, name)
			if err != nil {
				return err
			}
			list, err := imported(ctx, m, ns, name, "")
			if err != nil {
				return err
			}
			if diff := cmp.Diff(addresses, addressesOf(list)); diff != "" {
				return fmt.Errorf("its endpoints (-want +got):\n%s", diff)
			}
			return condition(si.Status.Conditions, "Ready", "True", "Ready", "")
		})
	}
}

// Scenario 55: a controller killed in the middle of its life comes back, writes nothing that is right already, and goes on.
func TestControllerRestartWritesNothingThatIsRight(t *testing.T) {
	ns := namespace(t, "restart", east(), west())
	web(t, east(), ns, "web", 2)
	annotate(t, east(), ns, "web", "true")
	importedEverywhere(t, ns, "web", local(t, east(), ns, "web", 2))
	eventually(t, "exported", func(ctx context.Context) error {
		return exportConditions(ctx, east(), ns, "web", map[string]string{"Ready": "True/Exported", "Conflict": "False/NoConflicts"})
	})

	for _, m := range set.Members {
		before, err := versions(t.Context(), m, ns)
		if err != nil {
			t.Fatal(err)
		}
		m.Controller.Kill()
		if err := m.RestartController(t.Context()); err != nil {
			t.Fatal(err)
		}
		// Work done after the restart shows that the restarted one is past what it found; in every member, for the next one's
		// versions are only comparable once nothing is on its way there.
		probe := "after-" + m.ID
		web(t, m, ns, probe, 1)
		annotate(t, m, ns, probe, "true")
		importedEverywhere(t, ns, probe, local(t, m, ns, probe, 1))
		after, err := versions(t.Context(), m, ns)
		if err != nil {
			t.Fatal(err)
		}
		for name := range after {
			if _, known := before[name]; !known {
				delete(after, name)
			}
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("the restart in %s wrote (-before +after):\n%s", m.ID, diff)
		}
	}
}

// A DNS server that is killed comes back with every answer, and never answers before it knows.
func TestDNSServerRestartAnswersTheSame(t *testing.T) {
	ns := namespace(t, "dns-restart", east(), west())
	web(t, east(), ns, "web", 1)
	annotate(t, east(), ns, "web", "true")
	name := clustersetName(ns, "web")
	var v4 []string
	resolves := func(ctx context.Context) error {
		si, err := serviceImport(ctx, west(), ns, "web")
		if err != nil {
			return err
		}
		if v4, _ = family(si.Spec.IPs); len(v4) == 0 {
			return fmt.Errorf("no address yet")
		}
		return asks(ctx, west(), name, dns.TypeA, dns.RcodeSuccess, v4...)
	}
	eventually(t, "the name resolves", resolves)
	west().DNS.Kill()
	if err := west().StartDNS(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the name resolves again", func(ctx context.Context) error {
		answer, err := west().Query(ctx, name, dns.TypeA)
		if err != nil {
			return err // not listening yet
		}
		switch answer.Rcode {
		case dns.RcodeServerFailure: // not synced yet, and says so
			return fmt.Errorf("SERVFAIL")
		case dns.RcodeSuccess:
			if got := clusterset.Addresses(answer); !slices.Equal(got, v4) {
				t.Errorf("a starting server answers %v, want %v", got, v4)
			}
			return nil
		}
		t.Errorf("a starting server answers %s", dns.RcodeToString[answer.Rcode])
		return nil
	})
}

// Scenario 52: without the hub nothing is removed and what is said is true; with it back, what waited is done.
func TestHubAwayFreezesAndReturns(t *testing.T) {
	ns := namespace(t, "hub-away", east(), west())
	web(t, east(), ns, "before", 1)
	local(t, east(), ns, "before", 1)
	annotate(t, east(), ns, "before", "true")
	eventually(t, "exported", func(ctx context.Context) error {
		si, err := serviceImport(ctx, west(), ns, "before")
		if err != nil {
			return err
		}
		return condition(si.Status.Conditions, "Ready", "True", "Ready", "")
	})
	// Nothing of it may be on its way still: a change that cannot be published is pending, rightly.
	eventually(t, "known with its pod", func(ctx context.Context) error {
		var there discoveryv1.EndpointSliceList
		if err := east().Client.List(ctx, &there, client.InNamespace(ns), client.MatchingLabels{discoveryv1.LabelServiceName: "before"}); err != nil {
			return err
		}
		here, err := imported(ctx, west(), ns, "before", "east")
		if err != nil {
			return err
		}
		if diff := cmp.Diff(addressesOf(there.Items), addressesOf(here)); diff != "" {
			return fmt.Errorf("addresses (-want +got):\n%s", diff)
		}
		return nil
	})
	eventually(t, "exported", func(ctx context.Context) error {
		return exportConditions(ctx, east(), ns, "before", map[string]string{"Ready": "True/Exported"})
	})
	if err := set.Hub.Cluster.StopComponent(t.Context(), "kube-apiserver"); err != nil {
		t.Fatal(err)
	}
	back := func() error { return set.Hub.Cluster.StartComponent(context.Background(), "kube-apiserver") }
	restored := false
	defer func() {
		if !restored {
			if err := back(); err != nil {
				t.Error(err)
			}
		}
	}()

	web(t, east(), ns, "during", 1)
	annotate(t, east(), ns, "during", "true")
	eventually(t, "a new export waits and says for what", func(ctx context.Context) error {
		export := serviceExport(ns, "during")
		if err := east().Client.Get(ctx, client.ObjectKeyFromObject(export), export); err != nil {
			return err
		}
		if err := condition(export.Status.Conditions, "Valid", "True", "Valid", ""); err != nil {
			return err
		}
		return condition(export.Status.Conditions, "Ready", "False", "Pending", "hub unreachable")
	})
	eventually(t, "a new export is imported in its own cluster all the same", func(ctx context.Context) error {
		_, err := serviceImport(ctx, east(), ns, "during")
		return err
	})
	// A controller that starts while the hub is away takes nothing away either.
	west().Controller.Kill()
	if err := west().StartController(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the published export stays exported", func(ctx context.Context) error {
		return exportConditions(ctx, east(), ns, "before", map[string]string{"Ready": "True/Exported"})
	})

	if err := back(); err != nil {
		t.Fatal(err)
	}
	restored = true
	eventually(t, "what waited is exported", func(ctx context.Context) error {
		if err := exportConditions(ctx, east(), ns, "during", map[string]string{"Ready": "True/Exported"}); err != nil {
			return err
		}
		_, err := serviceImport(ctx, west(), ns, "during")
		return err
	})
	si, err := serviceImport(t.Context(), west(), ns, "before")
	if err != nil {
		t.Fatalf("the import did not outlive the hub's absence: %v", err)
	}
	v4, _ := family(si.Spec.IPs)
	if err := asks(t.Context(), west(), clustersetName(ns, "before"), dns.TypeA, dns.RcodeSuccess, v4...); err != nil {
		t.Error(err)
	}
}
