package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/miekg/dns"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// A headless StatefulSet resolves pod by pod in every cluster, follows its pods, and has no virtual address.
func TestHeadlessServiceResolvesPodByPod(t *testing.T) {
	ns := namespace(t, "headless", east(), west())
	stateful(t, east(), ns, "pg", 2)
	pods := local(t, east(), ns, "pg", 2)
	v4, v6 := family(pods)
	annotate(t, east(), ns, "pg", "true")
	name := clustersetName(ns, "pg")

	for _, m := range set.Members {
		eventually(t, "the pods' addresses are the answer in "+m.ID, func(ctx context.Context) error {
			return errors.Join(
				asks(ctx, m, name, dns.TypeA, dns.RcodeSuccess, v4...),
				asks(ctx, m, name, dns.TypeAAAA, dns.RcodeSuccess, v6...),
				asks(ctx, m, "_http._tcp."+name, dns.TypeSRV, dns.RcodeSuccess, "0 100 80 pg-0.east."+name, "0 100 80 pg-1.east."+name),
			)
		})
		si, err := serviceImport(t.Context(), m, ns, "pg")
		if err != nil {
			t.Fatal(err)
		}
		if si.Spec.Type != "Headless" || len(si.Spec.IPs) != 0 || len(si.Spec.IPFamilies) == 0 {
			t.Errorf("ServiceImport in %s: type %s, ips %v, families %v", m.ID, si.Spec.Type, si.Spec.IPs, si.Spec.IPFamilies)
		}
		list, err := imported(t.Context(), m, ns, "pg", "east")
		if err != nil {
			t.Fatal(err)
		}
		for _, slice := range list {
			if derived := slice.Labels["kubernetes.io/service-name"]; !strings.Contains(derived, ".") { // which no Service's name has
				t.Errorf("headless slice %q in %s belongs to Service %q", slice.Name, m.ID, derived)
			}
		}
		for i := range 2 {
			host := fmt.Sprintf("pg-%d.east.%s", i, name)
			answer, err := m.Query(t.Context(), host, dns.TypeA)
			if err != nil || len(answer.Answer) != 1 {
				t.Errorf("%s in %s answers %v (%v), want one address", host, m.ID, answer, err)
			}
		}
		if err := asks(t.Context(), m, "east."+name, dns.TypeA, dns.RcodeSuccess); err != nil {
			t.Errorf("an empty non-terminal is NODATA: %v", err)
		}
	}
	reverseIsAnswered(t, v4[0])
}

// reverseIsAnswered holds cluster.local to what it answered before the import: the kubernetes plugin reads imported slices too, by a watch
// of its own, and makes PTR records of them.
func reverseIsAnswered(t *testing.T, address string) {
	t.Helper()
	reverse, err := dns.ReverseAddr(address)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range set.Members {
		eventually(t, reverse+" has a name in "+m.ID, func(ctx context.Context) error {
			answer, err := m.Query(ctx, reverse, dns.TypePTR)
			if err != nil {
				return err
			}
			if answer.Rcode != dns.RcodeSuccess || !strings.Contains(answer.String(), ".svc.cluster.local.") {
				return fmt.Errorf("it is answered %v, want a name of cluster.local", answer)
			}
			return nil
		})
	}
}

// Pod churn: a pod that is not ready or gone is in no answer; the one that replaces it is.
func TestAnswersFollowPods(t *testing.T) {
	ns := namespace(t, "churn", east(), west())
	stateful(t, east(), ns, "pg", 2)
	local(t, east(), ns, "pg", 2)
	annotate(t, east(), ns, "pg", "true")
	name := clustersetName(ns, "pg")
	host := "pg-1.east." + name
	eventually(t, "the pod resolves", func(ctx context.Context) error {
		answer, err := west().Query(ctx, host, dns.TypeA)
		if err != nil || len(answer.Answer) != 1 {
			return fmt.Errorf("%v (%v)", answer, err)
		}
		return nil
	})

	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "pg-1"}}
	patch(t, east(), pod, `{"metadata":{"annotations":{"lab/ready":"false"}}}`)
	eventually(t, "a pod that is not ready is in no answer", func(ctx context.Context) error {
		return asks(ctx, west(), host, dns.TypeA, dns.RcodeNameError)
	})
	patch(t, east(), pod, `{"metadata":{"annotations":{"lab/ready":null}}}`)
	eventually(t, "ready again it is back", func(ctx context.Context) error {
		answer, err := west().Query(ctx, host, dns.TypeA)
		if err != nil || len(answer.Answer) != 1 {
			return fmt.Errorf("%v (%v)", answer, err)
		}
		return nil
	})

	if err := east().Client.Get(t.Context(), client.ObjectKeyFromObject(pod), pod); err != nil {
		t.Fatal(err)
	}
	gone := pod.Status.PodIP
	remove(t, east(), pod)
	eventually(t, "the replaced pod's address follows", func(ctx context.Context) error {
		answer, err := west().Query(ctx, host, dns.TypeA)
		if err != nil {
			return err
		}
		replaced := &corev1.Pod{}
		if err := east().Client.Get(ctx, client.ObjectKeyFromObject(pod), replaced); err != nil {
			return err
		}
		if replaced.UID == pod.UID || replaced.Status.PodIP == "" {
			return fmt.Errorf("pod pg-1 is not replaced yet")
		}
		if got := len(answer.Answer); got != 1 || answer.Answer[0].(*dns.A).A.String() != replaced.Status.PodIP {
			return fmt.Errorf("%d records %v, want %s (was %s)", got, answer.Answer, replaced.Status.PodIP, gone)
		}
		return nil
	})
}
