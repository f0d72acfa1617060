package manifests

import (
	"slices"
	"strings"
	"testing"

	"github.com/coredns/caddy/caddyfile"
	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// container is the first container of the one Deployment among objects.
func container(t *testing.T, objects []*unstructured.Unstructured) map[string]any {
	t.Helper()
	i := slices.IndexFunc(objects, func(o *unstructured.Unstructured) bool { return o.GetKind() == "Deployment" })
	if i < 0 {
		t.Fatal("there is no Deployment")
	}
	containers, _, err := unstructured.NestedSlice(objects[i].Object, "spec", "template", "spec", "containers")
	if err != nil || len(containers) != 1 {
		t.Fatalf("containers are %v, %v", containers, err)
	}
	first, ok := containers[0].(map[string]any)
	if !ok {
		t.Fatalf("the container is a %T", containers[0])
	}
	return first
}

func TestControllerRunsTheGivenImage(t *testing.T) {
	asIs, err := Controller("")
	if err != nil {
		t.Fatal(err)
	}
	changed, err := Controller("registry.example.org/mcs-controller@sha256:00", "--clusterset-namespace=prod")
	if err != nil {
		t.Fatal(err)
	}
	before, after := container(t, asIs), container(t, changed)
	if after["image"] != "registry.example.org/mcs-controller@sha256:00" || before["image"] == after["image"] {
		t.Errorf("the image is %v", after["image"])
	}
	first, _, _ := unstructured.NestedStringSlice(before, "args")
	second, _, _ := unstructured.NestedStringSlice(after, "args")
	if diff := cmp.Diff(append(first, "--clusterset-namespace=prod"), second); diff != "" {
		t.Errorf("arguments differ (-want +got):\n%s", diff)
	}
}

func TestCoreDNSStandsWhereItIsSaid(t *testing.T) {
	for _, tc := range []struct {
		name    string
		place   DNS
		address string
		service string // its name, its addresses and its family policy
	}{
		{"beside the cluster's DNS server", DNSBeside, "10.96.0.99", "coredns-multicluster  PreferDualStack"},
		{"as the only DNS server", DNSOwn, "10.97.0.10", "kube-dns 10.97.0.10 SingleStack"},
		{"as the only DNS server at the usual address", DNSOwn, "", "kube-dns 10.96.0.10 SingleStack"},
		{"as the only DNS server of both families", DNSOwn, "10.97.0.10,fd97::a", "kube-dns 10.97.0.10 fd97::a PreferDualStack"},
		{"nowhere", DNSNone, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			objects, err := CoreDNS(tc.place, "", tc.address)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, object := range objects {
				if object.GetKind() == "Service" {
					address, _, _ := unstructured.NestedString(object.Object, "spec", "clusterIP")
					addresses, found, _ := unstructured.NestedStringSlice(object.Object, "spec", "clusterIPs")
					if got = object.GetName() + " " + address; found {
						got = object.GetName() + " " + strings.Join(addresses, " ")
					}
					if found && addresses[0] != address {
						t.Errorf("clusterIP is %s, and the first of clusterIPs %s", address, addresses[0])
					}
					families, _, _ := unstructured.NestedString(object.Object, "spec", "ipFamilyPolicy")
					got += " " + families
				}
			}
			if got != tc.service {
				t.Errorf("the Service is %q, want %q", got, tc.service)
			}
		})
	}
	if _, err := CoreDNS("above", "", ""); err == nil {
		t.Error("there is a place above")
	}
}

// NetworkPolicies let pods ask whatever has this label, and a cluster's own server beside ours must stay the only one that has it.
func TestOnlyTheOneServerIsLabelledAsTheClusters(t *testing.T) {
	for place, want := range map[DNS]string{DNSBeside: "", DNSOwn: "kube-dns"} {
		objects, err := CoreDNS(place, "", "")
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range objects {
			if object.GetKind() != "Deployment" {
				continue
			}
			if got, _, _ := unstructured.NestedString(object.Object, "spec", "template", "metadata", "labels", "k8s-app"); got != want {
				t.Errorf("%s: the pods have k8s-app %q, want %q", place, got, want)
			}
		}
	}
}

// The ports of a Corefile are those of the pod: what CoreDNS listens on, and what is asked whether it is ready.
func TestCorefilesFitTheirPods(t *testing.T) {
	for _, place := range []DNS{DNSBeside, DNSOwn} {
		objects, err := CoreDNS(place, "", "")
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range objects {
			if object.GetKind() != "ConfigMap" {
				continue
			}
			text, _, _ := unstructured.NestedString(object.Object, "data", "Corefile")
			blocks, err := caddyfile.Parse("Corefile", strings.NewReader(text), nil)
			if err != nil || len(blocks) != 1 {
				t.Fatalf("%s: %d server blocks, %v", place, len(blocks), err)
			}
			for directive, port := range map[string]string{"health": ":8080", "ready": ":8181", "prometheus": ":9153"} {
				tokens := blocks[0].Tokens[directive]
				if len(tokens) < 2 || tokens[1].Text != port {
					t.Errorf("%s: %s is at %v, the pod says %s", place, directive, tokens, port)
				}
			}
			if !strings.HasSuffix(blocks[0].Keys[0], ":1053") || len(blocks[0].Tokens["multicluster"]) == 0 {
				t.Errorf("%s: the server block is %v", place, blocks[0].Keys)
			}
		}
	}
}
