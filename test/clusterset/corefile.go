package clusterset

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// CorefileMap names the ConfigMap in which a member has its Corefile, as any cluster with CoreDNS does.
var CorefileMap = client.ObjectKey{Namespace: manifests.CoreDNSNamespace, Name: "coredns"}

// DefaultCorefile is what a member's ConfigMap has at first.
const DefaultCorefile = `.:53 {
    errors
    ready
    prometheus :9153
    multicluster clusterset.local
    kubernetes cluster.local in-addr.arpa ip6.arpa
    reload
}
`

// publishCorefile gives the member its ConfigMap, unless it has one.
func (m *Member) publishCorefile(ctx context.Context) error {
	config := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: CorefileMap.Namespace, Name: CorefileMap.Name},
		Data:       map[string]string{"Corefile": DefaultCorefile},
	}
	if err := m.Client.Create(ctx, config); err != nil {
		return fmt.Errorf("writing the Corefile of %q: %w", m.ID, err)
	}
	return m.placeCorefile(DefaultCorefile)
}

// FollowCorefile brings what the member's ConfigMap says to its DNS server, which reads it again within three seconds: the part of a
// kubelet.
func (m *Member) FollowCorefile(ctx context.Context) error {
	var config corev1.ConfigMap
	if err := m.Client.Get(ctx, CorefileMap, &config); err != nil {
		return fmt.Errorf("reading the Corefile of %q: %w", m.ID, err)
	}
	return m.placeCorefile(config.Data["Corefile"])
}

// placeCorefile writes the file that the DNS server reads, unless it says the same already.
func (m *Member) placeCorefile(text string) error {
	here := m.atHome(text)
	if there, err := os.ReadFile(m.file("Corefile")); err == nil && string(there) == here {
		return nil
	}
	if err := os.WriteFile(m.file("Corefile.new"), []byte(here), 0o600); err != nil {
		return fmt.Errorf("writing the Corefile of %q: %w", m.ID, err)
	}
	if err := os.Rename(m.file("Corefile.new"), m.file("Corefile")); err != nil {
		return fmt.Errorf("writing the Corefile of %q: %w", m.ID, err)
	}
	return nil
}

// blockLine opens a server block of a Corefile.
var blockLine = regexp.MustCompile(`^[^\s#({][^{]*\{$`)

// atHome makes of a Corefile for a pod one for a process in the lab: it says where to listen, since members may share a machine's
// addresses, and as whom to read the API, since a process is given no account.
func (m *Member) atHome(text string) string {
	listen := m.Cluster.DNS()
	var out []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		words := strings.Fields(line)
		if blockLine.MatchString(strings.TrimRight(line, " ")) {
			out = append(out, strings.ReplaceAll(line, ":53", fmt.Sprintf(":%d", listen.Port())), "    bind "+listen.Addr().String())
			continue
		}
		if len(words) == 0 {
			out = append(out, line)
			continue
		}
		switch words[0] {
		case "ready":
			line = "    ready " + m.address(readyPort)
		case "prometheus":
			line = "    prometheus " + m.address(dnsMetricsPort)
		case "reload":
			line = "    reload 2s 1s"
		case "multicluster", "kubernetes":
			head := strings.TrimSuffix(strings.TrimRight(line, " "), "{")
			if account := " {\n        kubeconfig " + m.file("coredns.kubeconfig"); head != strings.TrimRight(line, " ") {
				line = strings.TrimRight(head, " ") + account
			} else {
				line = head + account + "\n    }"
			}
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n") + "\n"
}
