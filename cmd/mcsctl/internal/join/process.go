package join

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/credential"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/install"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/shell"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// processToken is how long the programs' own tokens are good if the member allows it. Pods get theirs renewed; processes do not.
const processToken = 365 * 24 * time.Hour

// processes writes the files that the two programs need and prints how to start them.
func (j *joining) processes(ctx context.Context) error {
	dir, err := filepath.Abs(j.options.dir)
	if err != nil {
		return fmt.Errorf("finding directory %q: %w", j.options.dir, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the directory for the programs' files: %w", err)
	}
	file := func(name string) string { return filepath.Join(dir, j.parties.id+"-"+name) }
	if err := writeSecret(file("hub.kubeconfig"), j.kubeconfig); err != nil {
		return err
	}
	ends, err := j.kubeconfigs(ctx, file)
	if err != nil {
		return err
	}
	ports, err := freePorts(4)
	if err != nil {
		return err
	}
	controller := []string{
		"mcs-controller", "--kubeconfig=" + file("controller.kubeconfig"), "--hub-kubeconfig=" + file("hub.kubeconfig"),
		"--clusterset-namespace=" + j.parties.registry, "--health-bind-address=" + ports[0], "--metrics-bind-address=" + ports[1],
	}
	lines := map[string]any{"changes": install.Counts(j.changes), "controller": controller, "tokensEnd": ends.UTC().Format(time.RFC3339)}
	if j.options.dns != string(manifests.DNSNone) {
		listen := j.options.dnsListen
		if listen == "" {
			listen = ports[2]
		}
		corefile, err := processCorefile(listen, ports[3], file("coredns.kubeconfig"), file("coredns.snapshot"), manifests.DNS(j.options.dns))
		if err != nil {
			return err
		}
		if err := writeSecret(file("Corefile"), []byte(corefile)); err != nil {
			return err
		}
		lines["dns"] = []string{"coredns", "-conf", file("Corefile")}
	}
	if j.screen.Structured() {
		return j.screen.Object(lines)
	}
	j.screen.Printf("files     in %s, for you alone; the programs' tokens end %s: join again to renew them\n", dir, ends.Local().Format(time.DateOnly))
	j.screen.Printf("start     %s\n", shell.Line(controller...))
	if dns, found := lines["dns"].([]string); found {
		j.screen.Printf("start     %s\n", shell.Line(dns...))
	}
	return nil
}

// kubeconfigs writes the kubeconfigs by which the programs reach their own cluster, and returns when the first of their tokens ends.
func (j *joining) kubeconfigs(ctx context.Context, file func(string) string) (time.Time, error) {
	member := j.parties.member
	server, err := credential.ServerOf(member.REST, j.options.server, "")
	if err != nil {
		return time.Time{}, err
	}
	var ends time.Time
	for _, account := range []struct{ namespace, name, file string }{
		{manifests.ControllerNamespace, manifests.ControllerServiceAccount, "controller.kubeconfig"},
		{manifests.CoreDNSNamespace, manifests.CoreDNSServiceAccount, "coredns.kubeconfig"},
	} {
		request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: ptr.To(int64(processToken.Seconds()))}}
		object := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: account.namespace, Name: account.name}}
		if err := member.SubResource("token").Create(ctx, object, request); err != nil {
			return ends, fmt.Errorf("asking context %q for a token of ServiceAccount %s/%s: %w", member.Context, account.namespace, account.name, err)
		}
		if end := request.Status.ExpirationTimestamp.Time; ends.IsZero() || end.Before(ends) {
			ends = end
		}
		content, err := server.Kubeconfig(j.parties.id, request.Status.Token)
		if err != nil {
			return ends, err
		}
		if err := writeSecret(file(account.file), content); err != nil {
			return ends, err
		}
	}
	return ends, nil
}

// processCorefile is the configuration of a CoreDNS that runs as a process.
func processCorefile(listen, ready, kubeconfig, snapshot string, place manifests.DNS) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", fmt.Errorf("reading --dns-listen: %w", err)
	}
	zone, local := "clusterset.local", ""
	if place == manifests.DNSOwn {
		zone, local = ".", fmt.Sprintf("    kubernetes cluster.local in-addr.arpa ip6.arpa {\n        kubeconfig %q\n    }\n", kubeconfig)
	}
	return fmt.Sprintf("%s:%s {\n    bind %s\n    errors\n    ready %s\n    multicluster clusterset.local {\n        kubeconfig %q\n        snapshot %q\n    }\n%s}\n",
		zone, port, host, ready, kubeconfig, snapshot, local), nil
}

// writeSecret writes a file that only its owner may read, also where it was there with other rights.
func writeSecret(path string, content []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)) // 0600, by its documentation
	if err != nil {
		return fmt.Errorf("writing %q: %w", path, err)
	}
	_, err = temporary.Write(content)
	if closing := temporary.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		_ = os.Remove(temporary.Name()) // it would be in the way of nobody
		return fmt.Errorf("writing %q: %w", path, err)
	}
	return nil
}

// freePorts finds ports of 127.0.0.1 that are free now.
func freePorts(n int) ([]string, error) {
	var addresses []string
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("finding a free port: %w", err)
		}
		defer listener.Close() // held until all are found, so that no port is found twice
		addresses = append(addresses, listener.Addr().String())
	}
	return addresses, nil
}
