package hub

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// reloadInterval is how often the kubeconfig is looked at. A refused credential makes it be looked at at once.
const reloadInterval = 10 * time.Second

// requestTimeout bounds every request but a watch.
const requestTimeout = 15 * time.Second

// connection is the client of the hub, which is replaced when the kubeconfig is rewritten. Token and certificate files that a
// kubeconfig only names are followed by client-go itself.
type connection struct {
	kubeconfig string // "" is the cluster this process runs in
	log        logr.Logger
	contact    *contact
	expires    func(end time.Time, known bool) // told when the credentials end, each time they are looked at

	mu      sync.Mutex
	client  client.WithWatch
	digest  [sha256.Size]byte
	replace chan struct{} // closed when client is no longer the one to use
	problem string
}

// newConnection reads the kubeconfig. The hub need not be there.
func newConnection(kubeconfig string, contact *contact, expires func(time.Time, bool), log logr.Logger) (*connection, error) {
	c := &connection{kubeconfig: kubeconfig, log: log, contact: contact, expires: expires, replace: make(chan struct{})}
	if err := c.reload(); err != nil {
		return nil, err
	}
	return c, nil
}

// current returns the client to use now, and a channel that is closed when it is to be used no longer.
func (c *connection) current() (client.WithWatch, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.client, c.replace
}

// run follows the kubeconfig until ctx ends.
func (c *connection) run(ctx context.Context, clock clock.WithTicker) {
	ticker := clock.NewTicker(reloadInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C():
		case <-c.contact.unauthorized:
		}
		c.report(c.reload())
	}
}

// report logs a change in whether the kubeconfig can be used.
func (c *connection) report(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	c.mu.Lock()
	changed := c.problem != text
	c.problem = text
	c.mu.Unlock()
	switch {
	case changed && err != nil:
		c.log.Info("Kubeconfig of the hub cannot be used, the last one stays", "reason", text)
	case changed:
		c.log.Info("Kubeconfig of the hub can be used again")
	}
}

// reload replaces the client if the kubeconfig says something else than it did.
func (c *connection) reload() error {
	config, digest, err := load(c.kubeconfig)
	if err != nil {
		return err
	}
	c.expires(expiry(config))
	c.mu.Lock()
	same := c.client != nil && digest == c.digest
	first := c.client == nil
	c.mu.Unlock()
	if same {
		return nil
	}
	config.Wrap(c.contact.wrap)
	next, err := newClient(config)
	if err != nil {
		return fmt.Errorf("making a client from kubeconfig %q: %w", c.kubeconfig, err)
	}
	c.mu.Lock()
	close(c.replace)
	c.client, c.digest, c.replace = next, digest, make(chan struct{})
	c.mu.Unlock()
	if !first {
		c.log.Info("Kubeconfig of the hub has changed and was read again", "server", config.Host)
	}
	return nil
}

// load returns the client configuration in a kubeconfig, "" for the one of the cluster this process runs in, and a digest of
// everything that needs a new client when it changes.
func load(kubeconfig string) (*rest.Config, [sha256.Size]byte, error) {
	var digest [sha256.Size]byte
	var config *rest.Config
	var content []byte
	var err error
	if kubeconfig == "" {
		if config, err = rest.InClusterConfig(); err != nil {
			return nil, digest, fmt.Errorf("reading the configuration of the hub from within its cluster: %w", err)
		}
	} else {
		if content, err = os.ReadFile(kubeconfig); err != nil {
			return nil, digest, fmt.Errorf("reading the hub's kubeconfig: %w", err)
		}
		if config, err = clientcmd.BuildConfigFromFlags("", kubeconfig); err != nil {
			return nil, digest, fmt.Errorf("reading the hub's kubeconfig %q: %w", kubeconfig, err)
		}
	}
	if config.CAFile != "" {
		authority, err := os.ReadFile(config.CAFile)
		if err != nil {
			return nil, digest, fmt.Errorf("reading the hub's certificate authority: %w", err)
		}
		content = append(content, authority...)
	}
	config.UserAgent = cmp.Or(config.UserAgent, "mcs-controller")
	config.QPS = -1 // the server's priority and fairness decides
	return config, sha256.Sum256(content), nil
}

// newClient returns a client that knows the hub's resources by heart: discovery would need a hub that answers and a CRD that is
// installed.
func newClient(config *rest.Config) (client.WithWatch, error) {
	transport, err := rest.TransportFor(config)
	if err != nil {
		return nil, err
	}
	return client.NewWithWatch(config, client.Options{
		HTTPClient: &http.Client{Transport: transport},
		Scheme:     scheme,
		Mapper:     mapper,
	})
}
