package lab

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// startTimeout bounds the start of one component. It takes seconds; a machine that builds at the same time needs more.
	startTimeout = 90 * time.Second
	// stopTimeout bounds how long a component may take to end when asked.
	stopTimeout = 3 * time.Second
	// pollInterval is how often something that starts is looked at.
	pollInterval = 25 * time.Millisecond
	// checkTimeout bounds one look.
	checkTimeout = 5 * time.Second
)

// component is one program of the control plane.
type component struct {
	arguments func(layout) []string
	ready     func(*Cluster, context.Context) error
}

// components lists what a cluster can run. Ready means that others can rely on it, not that the process is there.
var components = map[string]component{
	Etcd:              {layout.etcdArguments, nil},
	APIServer:         {layout.apiserverArguments, (*Cluster).apiserverReady},
	ControllerManager: {layout.controllerManagerArguments, (*Cluster).controllersReady},
	KubeProxy:         {layout.kubeProxyArguments, (*Cluster).kubeProxyReady},
}

// startOrder is the order in which a whole cluster is started. kube-proxy is not in every cluster.
var startOrder = []string{Etcd, APIServer, ControllerManager, KubeProxy}

// StartComponent starts a component that is not running, with the data it had, and returns when it works: for the API
// server, when it answers. Without etcd that does not happen; start etcd first.
func (c *Cluster) StartComponent(ctx context.Context, name string) error {
	process, err := c.launch(name)
	if err != nil {
		return err
	}
	return c.awaitComponent(ctx, name, process)
}

// StopComponent asks a component to end and waits for it; one that does not end in three seconds is killed. Its data stays.
func (c *Cluster) StopComponent(ctx context.Context, name string) error {
	process, err := c.component(name)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	if err := process.Stop(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("cluster %q: %w", c.Name(), err)
	}
	return nil
}

// KillComponent ends a component as kill -9 does. Its data stays as it was at that moment.
func (c *Cluster) KillComponent(name string) error {
	process, err := c.component(name)
	if err != nil {
		return err
	}
	process.Kill()
	return nil
}

// Component is the process of a component as it was last started, and nil if it never was.
func (c *Cluster) Component(name string) *Process {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.components[name]
}

func (c *Cluster) component(name string) (*Process, error) {
	process := c.Component(name)
	if process == nil {
		return nil, fmt.Errorf("finding %q in cluster %q: it was never started", name, c.Name())
	}
	return process, nil
}

// launch starts the process of a component and watches over it.
func (c *Cluster) launch(name string) (*Process, error) {
	kind, ok := components[name]
	if !ok {
		return nil, fmt.Errorf("starting %q in cluster %q: there is no such component", name, c.Name())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if running := c.components[name]; running != nil {
		select {
		case <-running.Done():
		default:
			return nil, fmt.Errorf("starting %s in cluster %q: it is running", name, c.Name())
		}
	}
	argv := append([]string{c.lab.config.Binary, name}, kind.arguments(c.layout)...)
	process, err := startProcess(c.space, name, argv, componentEnvironment(c.layout.dir), c.layout.file("log", name+".log"))
	if err != nil {
		return nil, fmt.Errorf("cluster %q: %w", c.Name(), err)
	}
	c.components[name] = process
	c.lab.watch(c.Name(), process)
	return process, nil
}

// componentEnvironment is small, so that no proxy, kubeconfig or tuning of ours changes how a component works.
func componentEnvironment(dir string) []string {
	return []string{"PATH=" + administratorPath(os.Getenv("PATH")), "HOME=" + dir, "TMPDIR=" + dir}
}

// awaitComponent returns when a component works, or says why it does not.
func (c *Cluster) awaitComponent(ctx context.Context, name string, process *Process) error {
	ready := components[name].ready
	if ready == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	err := poll(ctx, process.Done(), func(ctx context.Context) error { return ready(c, ctx) })
	switch {
	case errors.Is(err, errEnded):
		return fmt.Errorf("starting cluster %q: %w", c.Name(), process.ended())
	case err != nil:
		return fmt.Errorf("starting %s in cluster %q: %w%s", name, c.Name(), err, process.lastWords())
	}
	return nil
}

// errEnded is returned by poll when what it waits for cannot come any more.
var errEnded = errors.New("ended")

// poll looks until check returns nil. The error is that of the last look, with the reason for stopping.
func poll(ctx context.Context, ended <-chan struct{}, check func(context.Context) error) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	var last error
	for {
		last = look(ctx, last, check)
		if last == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w; the last look: %w", context.Cause(ctx), last)
		case <-ended:
			return errEnded
		case <-ticker.C:
		}
	}
}

// look checks once. A look that was cut short by the end of all looking says nothing, so the one before it stands.
func look(ctx context.Context, before error, check func(context.Context) error) error {
	one, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	err := check(one)
	if err != nil && ctx.Err() != nil && before != nil {
		return before
	}
	return err
}

// apiserverReady is when the API server says so, which includes etcd and RBAC's own roles.
func (c *Cluster) apiserverReady(ctx context.Context) error {
	return c.client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
}

// controllersReady is when namespace default has what every pod needs, for which two controllers must have worked.
func (c *Cluster) controllersReady(ctx context.Context) error {
	if _, err := c.client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{}); err != nil {
		return err
	}
	_, err := c.client.CoreV1().ConfigMaps(metav1.NamespaceDefault).Get(ctx, "kube-root-ca.crt", metav1.GetOptions{})
	return err
}

// kubeProxyReady is when kube-proxy has programmed the kernel at least once.
func (c *Cluster) kubeProxyReady(ctx context.Context) error {
	transport := &http.Transport{DialContext: c.space.DialContext, DisableKeepAlives: true}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+proxyHealth+"/healthz", nil)
	if err != nil {
		return err
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("health check answers %s", response.Status)
	}
	return nil
}

// Kill ends everything in the cluster as a power cut would: all components, all that Run started, and the pods, which
// stop listening. [Cluster.Restart] brings components and pods back.
func (c *Cluster) Kill() {
	c.endBackground()
	c.mu.Lock()
	all := append([]*Process(nil), c.processes...)
	for _, process := range c.components {
		all = append(all, process)
	}
	c.mu.Unlock()
	for _, process := range all {
		process.Kill()
	}
}

// Restart starts all components of the cluster that ran once and do not run now, with the data they had, and the pods. Where the
// data is gone, because somebody has removed it, the cluster comes back empty, with its node.
func (c *Cluster) Restart(ctx context.Context) error {
	for _, name := range startOrder {
		if name == KubeProxy { // It waits for the node.
			if err := c.startBackground(ctx); err != nil {
				return err
			}
		}
		process := c.Component(name)
		if process == nil {
			continue
		}
		select {
		case <-process.Done():
		default:
			continue
		}
		if err := c.StartComponent(ctx, name); err != nil {
			return err
		}
	}
	return nil
}
