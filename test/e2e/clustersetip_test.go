package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// Scenario 1: from the annotation to the answer in every cluster.
func TestAnnotatedServiceResolvesEverywhere(t *testing.T) {
	ns := namespace(t, "annotated", east(), west())
	web(t, east(), ns, "web", 2)
	pods := local(t, east(), ns, "web", 2)
	name := clustersetName(ns, "web")

	if err := asks(t.Context(), west(), name, dns.TypeA, dns.RcodeNameError); err != nil {
		t.Fatalf("before the export: %v", err)
	}
	annotate(t, east(), ns, "web", "true")

	eventually(t, "the ServiceExport says it is exported", func(ctx context.Context) error {
		return exportConditions(ctx, east(), ns, "web", map[string]string{
			"Valid": "True/Valid", "Ready": "True/Exported", "Conflict": "False/NoConflicts",
		})
	})
	for _, m := range set.Members {
		t.Run(m.ID, func(t *testing.T) {
			var si *mcsv1beta1.ServiceImport
			eventually(t, "the ServiceImport is ready", func(ctx context.Context) (err error) {
				if si, err = serviceImport(ctx, m, ns, "web"); err != nil {
					return err
				}
				return condition(si.Status.Conditions, "Ready", metav1.ConditionTrue, "Ready", "")
			})
			families := []corev1.IPFamily{corev1.IPv4Protocol}
			if set.Lab.Isolation().IPv6 {
				families = append(families, corev1.IPv6Protocol)
			}
			want := mcsv1beta1.ServiceImportSpec{
				Type:                  mcsv1beta1.ClusterSetIP,
				Ports:                 []mcsv1beta1.ServicePort{{Name: "http", Protocol: corev1.ProtocolTCP, Port: 80}},
				IPs:                   si.Spec.IPs,
				IPFamilies:            families,
				SessionAffinity:       corev1.ServiceAffinityNone,
				InternalTrafficPolicy: si.Spec.InternalTrafficPolicy,
			}
			if diff := cmp.Diff(want, si.Spec); diff != "" {
				t.Errorf("ServiceImport spec (-want +got):\n%s", diff)
			}
			if len(si.Spec.IPs) != len(families) {
				t.Errorf("ips %v for families %v", si.Spec.IPs, families)
			}
			if diff := cmp.Diff([]mcsv1beta1.ClusterStatus{{Cluster: "east"}}, si.Status.Clusters); diff != "" {
				t.Errorf("clusters (-want +got):\n%s", diff)
			}
			if got := si.Status.EndpointSliceObjects; got != "Present" {
				t.Errorf("endpointSliceObjects is %q, want Present", got)
			}

			eventually(t, "the imported slices have the pods", func(ctx context.Context) error {
				list, err := imported(ctx, m, ns, "web", "east")
				if err != nil {
					return err
				}
				if got := addressesOf(list); !slices.Equal(got, pods) {
					return fmt.Errorf("addresses %v, want %v", got, pods)
				}
				return nil
			})
			list, err := imported(t.Context(), m, ns, "web", "")
			if err != nil {
				t.Fatal(err)
			}
			for _, slice := range list {
				if by := slice.Labels[discoveryv1.LabelManagedBy]; by == "" || strings.HasSuffix(by, "k8s.io") {
					t.Errorf("slice %q is managed by %q, want ours", slice.Name, by)
				}
				// What programs the virtual address: the derived Service, never the user's own name.
				derived := &corev1.Service{}
				key := types.NamespacedName{Namespace: ns, Name: slice.Labels[discoveryv1.LabelServiceName]}
				if key.Name == "web" || key.Name == "" {
					t.Errorf("slice %q has the Service label %q", slice.Name, key.Name)
				} else if err := m.Client.Get(t.Context(), key, derived); err != nil {
					t.Errorf("the derived Service: %v", err)
				} else if !slices.Equal(derived.Spec.ClusterIPs, si.Spec.IPs) {
					t.Errorf("the derived Service has %v, the ServiceImport %v", derived.Spec.ClusterIPs, si.Spec.IPs)
				}
				for _, endpoint := range slice.Endpoints {
					// A node means something in its own cluster only.
					if foreign := m != east(); endpoint.TargetRef != nil || (endpoint.NodeName != nil) == foreign {
						t.Errorf("slice %q in %s tells of node %v and object %v", slice.Name, m.ID, endpoint.NodeName, endpoint.TargetRef)
					}
				}
			}

			v4, v6 := family(si.Spec.IPs)
			eventually(t, "the name resolves", func(ctx context.Context) error {
				if err := asks(ctx, m, name, dns.TypeA, dns.RcodeSuccess, v4...); err != nil {
					return err
				}
				return asks(ctx, m, name, dns.TypeAAAA, dns.RcodeSuccess, v6...)
			})
			if err := asks(t.Context(), m, "_http._tcp."+name, dns.TypeSRV, dns.RcodeSuccess, "0 100 80 "+name); err != nil {
				t.Error(err)
			}
			if err := asks(t.Context(), m, "east."+name, dns.TypeA, dns.RcodeNameError); err != nil {
				t.Errorf("a per-cluster name must not exist: %v", err)
			}
			if err := asks(t.Context(), m, "dns-version.clusterset.local.", dns.TypeTXT, dns.RcodeSuccess, `"1.0.0"`); err != nil {
				t.Error(err)
			}
		})
	}
}

// Scenarios 3 and 48: what the removed annotation and the deleted Service take with them.
func TestUnexportedServiceIsGoneEverywhere(t *testing.T) {
	ns := namespace(t, "unexported", east(), west())
	tests := []struct {
		name    string
		service string
		undo    func(t *testing.T, service *corev1.Service)
		exports bool // whether the ServiceExport stays
	}{
		{
			name: "removing the annotation deletes the ServiceExport it made", service: "annotation",
			undo: func(t *testing.T, service *corev1.Service) { annotate(t, east(), ns, service.Name, "") },
		},
		{
			name: "deleting the annotated Service deletes the ServiceExport with it", service: "owned",
			undo: func(t *testing.T, service *corev1.Service) { remove(t, east(), service) },
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			service := web(t, east(), ns, tc.service, 1)
			annotate(t, east(), ns, tc.service, "true")
			for _, m := range set.Members {
				eventually(t, "exported to "+m.ID, func(ctx context.Context) error {
					si, err := serviceImport(ctx, m, ns, tc.service)
					if err != nil {
						return err
					}
					v4, _ := family(si.Spec.IPs)
					return asks(ctx, m, clustersetName(ns, tc.service), dns.TypeA, dns.RcodeSuccess, append(v4, "")[:max(1, len(v4))]...)
				})
			}
			tc.undo(t, service)
			for _, m := range set.Members {
				eventually(t, "withdrawn from "+m.ID, func(ctx context.Context) error {
					if err := asks(ctx, m, clustersetName(ns, tc.service), dns.TypeA, dns.RcodeNameError); err != nil {
						return err
					}
					if err := absent(ctx, m, &mcsv1beta1.ServiceImport{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: tc.service}}); err != nil {
						return err
					}
					list, err := imported(ctx, m, ns, tc.service, "")
					if err != nil || len(list) != 0 {
						return fmt.Errorf("%d imported slices are left (%v)", len(list), err)
					}
					var services corev1.ServiceList
					if err := m.Client.List(ctx, &services, client.InNamespace(ns)); err != nil {
						return err
					}
					for _, s := range services.Items {
						if s.Annotations["multicluster.kubernetes.io/service-import"] == tc.service {
							return fmt.Errorf("the derived Service %q is left", s.Name)
						}
					}
					return nil
				})
			}
			eventually(t, "the ServiceExport is gone", func(ctx context.Context) error {
				return absent(ctx, east(), serviceExport(ns, tc.service))
			})
		})
	}
}

// Scenario 3: a ServiceExport written by hand outlives its Service and says so; scenario 2: and works again with it.
func TestHandWrittenExportOutlivesItsService(t *testing.T) {
	ns := namespace(t, "outlives", east(), west())
	create(t, east(), serviceExport(ns, "web"))
	noService := func(ctx context.Context) error {
		return exportConditions(ctx, east(), ns, "web", map[string]string{
			"Valid": "False/NoService", "Ready": "False/Pending", "Conflict": "absent",
		})
	}
	eventually(t, "without a Service the export is not valid", noService)

	service := web(t, east(), ns, "web", 1)
	eventually(t, "the Service makes it valid", func(ctx context.Context) error {
		if _, err := serviceImport(ctx, west(), ns, "web"); err != nil {
			return err
		}
		return exportConditions(ctx, east(), ns, "web", map[string]string{"Valid": "True/Valid", "Ready": "True/Exported"})
	})
	remove(t, east(), service)
	eventually(t, "the Service's deletion is said", noService)
	for _, m := range set.Members {
		eventually(t, "the import is gone from "+m.ID, func(ctx context.Context) error {
			return absent(ctx, m, &mcsv1beta1.ServiceImport{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "web"}})
		})
	}
}

// Scenarios 14, 39 and 48: two exporters merge, disagree in the open, and part again.
func TestTwoClustersExportOneName(t *testing.T) {
	ns := namespace(t, "shared", east(), west())
	web(t, east(), ns, "web", 1)
	annotate(t, east(), ns, "web", "true")
	var before *mcsv1beta1.ServiceImport
	eventually(t, "east's export is everywhere, with its addresses", func(ctx context.Context) (err error) {
		if before, err = serviceImport(ctx, west(), ns, "web"); err != nil {
			return err
		}
		return condition(before.Status.Conditions, "Ready", metav1.ConditionTrue, "Ready", "")
	})
	web(t, west(), ns, "web", 1, func(s *corev1.Service) { s.Spec.Ports[0].Port = 8080 })
	annotate(t, west(), ns, "web", "true")

	for _, m := range set.Members {
		eventually(t, "both are in the import in "+m.ID, func(ctx context.Context) error {
			si, err := serviceImport(ctx, m, ns, "web")
			if err != nil {
				return err
			}
			if diff := cmp.Diff([]mcsv1beta1.ClusterStatus{{Cluster: "east"}, {Cluster: "west"}}, si.Status.Clusters); diff != "" {
				return fmt.Errorf("clusters: %s", diff)
			}
			if len(si.Spec.Ports) != 1 || si.Spec.Ports[0].Port != 80 {
				return fmt.Errorf("ports %v, want east's", si.Spec.Ports)
			}
			return nil
		})
		eventually(t, "the conflict is said in "+m.ID, func(ctx context.Context) error {
			export := serviceExport(ns, "web")
			if err := m.Client.Get(ctx, client.ObjectKeyFromObject(export), export); err != nil {
				return err
			}
			return condition(export.Status.Conditions, "Conflict", metav1.ConditionTrue, "PortConflict", `from oldest service export in "east". 1/2 clusters disagree.`)
		})
		eventually(t, "west's slices do not expose a port that is not the import's in "+m.ID, func(ctx context.Context) error {
			list, err := imported(ctx, m, ns, "web", "west")
			if err != nil {
				return err
			}
			for _, slice := range list {
				if len(slice.Ports) != 0 {
					return fmt.Errorf("slice %q exposes %v", slice.Name, slice.Ports)
				}
			}
			if len(list) == 0 {
				return fmt.Errorf("there is no slice of west")
			}
			return nil
		})
	}

	annotate(t, west(), ns, "web", "")
	for _, m := range set.Members {
		eventually(t, "only east's is left in "+m.ID, func(ctx context.Context) error {
			si, err := serviceImport(ctx, m, ns, "web")
			if err != nil {
				return err
			}
			if diff := cmp.Diff([]mcsv1beta1.ClusterStatus{{Cluster: "east"}}, si.Status.Clusters); diff != "" {
				return fmt.Errorf("clusters: %s", diff)
			}
			list, err := imported(ctx, m, ns, "web", "west")
			if err != nil || len(list) != 0 {
				return fmt.Errorf("%d slices of west are left (%v)", len(list), err)
			}
			return nil
		})
	}
	after, err := serviceImport(t.Context(), west(), ns, "web")
	if err != nil {
		t.Fatal(err)
	}
	if after.UID != before.UID || !slices.Equal(after.Spec.IPs, before.Spec.IPs) {
		t.Errorf("the ServiceImport changed from %s %v to %s %v", before.UID, before.Spec.IPs, after.UID, after.Spec.IPs)
	}
	eventually(t, "the conflict is resolved", func(ctx context.Context) error {
		export := serviceExport(ns, "web")
		if err := east().Client.Get(ctx, client.ObjectKeyFromObject(export), export); err != nil {
			return err
		}
		if c := meta.FindStatusCondition(export.Status.Conditions, "Conflict"); c == nil || c.Status != metav1.ConditionFalse {
			return fmt.Errorf("condition Conflict is %v", c)
		}
		return nil
	})
}

// The virtual address leads to a pod of the exporting cluster.
func TestVirtualAddressConnects(t *testing.T) {
	if traffic := set.Lab.Traffic(); strings.HasPrefix(traffic, "none") {
		t.Skipf("no connection can be made in this lab: %s", traffic)
	}
	ns := namespace(t, "connects", east(), west())
	web(t, east(), ns, "web", 2)
	annotate(t, east(), ns, "web", "true")
	eventually(t, "west is answered by both of east's pods", func(ctx context.Context) error {
		si, err := serviceImport(ctx, west(), ns, "web")
		if err != nil {
			return err
		}
		answered := map[string]bool{}
		for range 20 {
			for _, ip := range si.Spec.IPs {
				body, err := west().Get(ctx, ip, 80)
				if err != nil {
					return err
				}
				if !strings.Contains(body, " in east ") {
					return fmt.Errorf("%s is answered by %q", ip, body)
				}
				answered[strings.Fields(body)[2]] = true
			}
		}
		if len(answered) != 2 || len(si.Spec.IPs) == 0 {
			return fmt.Errorf("pods %v answered at %v", answered, si.Spec.IPs)
		}
		return nil
	})
}
