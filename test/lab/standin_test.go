package lab

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestAStandInCarriesConnectionsWhereKubeProxyCannot(t *testing.T) {
	if testing.Short() {
		t.Skip("starts control planes; left out under -short")
	}
	if isolation := whereWeAre(); !isolation.Namespaces() {
		t.Skip("needs networks of the clusters' own:", isolation.Why)
	}
	if !alone(t) {
		return
	}
	t.Setenv(trafficVariable, trafficStandIn)
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	l, err := Start(t.Context(), Config{Clusters: []string{"plain"}, DualStack: whereWeAre().IPv6})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Stop(); err != nil {
			t.Error(err)
		}
	})
	if want := "stand-in: LAB_TRAFFIC=stand-in asks for it"; l.Traffic() != want {
		t.Fatalf("traffic %q, want %q", l.Traffic(), want)
	}
	plain := l.Cluster("plain")
	namespace := newNamespace(t, plain)
	s := createService(t, plain, namespace, "")
	createDeployment(t, plain, namespace, 2)
	awaitReady(t, plain, namespace, 2)
	for _, ip := range s.Spec.ClusterIPs {
		url := "http://" + net.JoinHostPort(ip, "80") + "/"
		eventually(t, "an answer at "+ip, func(ctx context.Context) error {
			body, err := get(ctx, plain, url)
			if err == nil && !strings.HasPrefix(body, "hello from web-") {
				err = fmt.Errorf("%q is not from a pod of web", body)
			}
			return err
		})
	}
	if err := plain.Client().CoreV1().Services(namespace).Delete(t.Context(), "web", deleteNow); err != nil {
		t.Fatal(err)
	}
	eventually(t, "nobody answers for a Service that is gone", func(ctx context.Context) error {
		if body, err := get(ctx, plain, "http://"+net.JoinHostPort(s.Spec.ClusterIP, "80")+"/"); err == nil {
			return fmt.Errorf("%q is answered", body)
		}
		return nil
	})
}
