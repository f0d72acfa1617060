package clusterset

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/manifests"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

// Member is one member cluster with our controller and DNS server in it.
type Member struct {
	// ID is the member's cluster id.
	ID string
	// Cluster is the lab cluster.
	Cluster *lab.Cluster
	// Client is an administrator's of the member.
	Client client.Client
	// Controller and DNS are the running processes; nil while stopped.
	Controller, DNS *lab.Process

	set   *Clusterset
	ports map[int]int // where members share 127.0.0.1: what stands in for each of the ports
}

// Ports that a member's processes listen on at its node's address beside DNS.
const (
	healthPort     = 8081 // mcs-controller
	metricsPort    = 8082 // mcs-controller
	readyPort      = 8181 // coredns
	dnsMetricsPort = 9153 // coredns
)

func join(ctx context.Context, set *Clusterset, id string) (*Member, error) {
	cluster := set.Lab.Cluster(id)
	c, err := client.New(cluster.Config(), client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("connecting to %q: %w", id, err)
	}
	m := &Member{ID: id, Cluster: cluster, Client: c, set: set}
	if !set.Lab.Isolation().Namespaces() {
		if m.ports, err = standIns(healthPort, metricsPort, readyPort, dnsMetricsPort); err != nil {
			return nil, err
		}
	}

	// What the hub's administrator does: register the member and give it its namespace and its account.
	registration, err := manifests.Member(id, Namespace)
	if err != nil {
		return nil, err
	}
	if err := manifests.Apply(ctx, set.Hub.Client, registration.Objects...); err != nil {
		return nil, err
	}
	// What the member's administrator does: the definitions, and our two programs' accounts and permissions.
	objects, err := manifests.Cluster()
	if err != nil {
		return nil, err
	}
	if err := install(ctx, c, objects); err != nil {
		return nil, err
	}
	for _, account := range []struct{ namespace, name, file string }{
		{manifests.ControllerNamespace, manifests.ControllerServiceAccount, "controller.kubeconfig"},
		{manifests.CoreDNSNamespace, manifests.CoreDNSServiceAccount, "coredns.kubeconfig"},
	} {
		if err := cluster.ServiceAccountKubeconfig(ctx, account.namespace, account.name, m.file(account.file)); err != nil {
			return nil, err
		}
	}
	if err := m.IssueCredential(ctx); err != nil {
		return nil, err
	}
	if err := m.publishCorefile(ctx); err != nil {
		return nil, err
	}
	if err := m.StartController(ctx); err != nil {
		return nil, err
	}
	if err := m.StartDNS(ctx); err != nil {
		return nil, err
	}
	for _, probe := range []struct {
		process *lab.Process
		port    int
	}{{m.Controller, healthPort}, {m.DNS, readyPort}} {
		if err := m.waitReady(ctx, probe.process, probe.port); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *Member) file(name string) string { return filepath.Join(m.Cluster.Dir(), name) }

// StartController starts the member's mcs-controller; it does not wait until it is ready.
func (m *Member) StartController(ctx context.Context) (err error) {
	argv := []string{
		filepath.Join(m.set.config.Binaries, "mcs-controller"),
		"--cluster-id=" + m.ID,
		"--kubeconfig=" + m.file("controller.kubeconfig"),
		"--hub-kubeconfig=" + m.file("hub.kubeconfig"),
		"--clusterset-namespace=" + Namespace,
		"--leader-elect-namespace=" + manifests.ControllerNamespace,
		"--health-bind-address=" + m.address(healthPort),
		"--metrics-bind-address=" + m.address(metricsPort),
	}
	if !m.set.Lab.Isolation().Namespaces() {
		argv = append(argv, "--page-bind-address=0") // Members share localhost, and the page's port with it.
	}
	m.Controller, err = m.Cluster.Run(ctx, "mcs-controller", append(argv, m.set.config.ControllerFlags...))
	return err
}

// RestartController starts the controller again after its end and waits until it is ready.
func (m *Member) RestartController(ctx context.Context) error {
	if err := m.StartController(ctx); err != nil {
		return err
	}
	return m.waitReady(ctx, m.Controller, healthPort)
}

// StartDNS starts the member's CoreDNS; it does not wait until it is ready.
func (m *Member) StartDNS(ctx context.Context) (err error) {
	m.DNS, err = m.Cluster.Run(ctx, "coredns", []string{filepath.Join(m.set.config.Binaries, "coredns"), "-conf", m.file("Corefile")})
	return err
}

// address is where a process of the member listens on port.
func (m *Member) address(port int) string {
	if free, shared := m.ports[port]; shared {
		port = free
	}
	return net.JoinHostPort(m.Cluster.Node().String(), strconv.Itoa(port))
}

// startPatience bounds the start of one program, and of what an API server does for a definition; it takes seconds.
const startPatience = 2 * time.Minute

// waitReady waits until the process says it is ready, or says how far it came and how its log ends.
func (m *Member) waitReady(ctx context.Context, process *lab.Process, port int) error {
	path := "/readyz"
	if port == readyPort {
		path = "/ready"
	}
	transport := &http.Transport{DialContext: m.Cluster.DialContext, DisableKeepAlives: true}
	httpClient := &http.Client{Transport: transport, Timeout: answerPatience}
	err := wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, startPatience, true, func(ctx context.Context) (bool, error) {
		select {
		case <-process.Done():
			return false, fmt.Errorf("it ended; the end of its log:\n%s", process.Tail(10))
		default:
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.address(port)+path, nil)
		if err != nil {
			return false, err
		}
		response, err := httpClient.Do(request)
		if err != nil {
			return false, nil // not listening yet
		}
		_ = response.Body.Close() // nothing of it is read
		return response.StatusCode == http.StatusOK, nil
	})
	if err != nil {
		return fmt.Errorf("waiting for %s in %q to be ready: %w", process.Name(), m.ID, err)
	}
	return nil
}

// standIns finds a free port of 127.0.0.1 for each of the wanted ones.
func standIns(wanted ...int) (map[int]int, error) {
	free, err := lab.FreePorts(len(wanted))
	if err != nil {
		return nil, err
	}
	ports := map[int]int{}
	for i, port := range wanted {
		ports[port] = int(free[i])
	}
	return ports, nil
}
