package pods

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"

	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/plan"
)

// workers is how many pods are worked on at once; each waits for the API server most of the time.
const workers = 8

// Actor runs the pods of one cluster. Make it with [New].
type Actor struct {
	cluster plan.Cluster
	nodes   []netip.Addr
	client  kubernetes.Interface
	network Network // nil: pods have addresses and nobody listens
	log     *slog.Logger

	pods  *watched
	queue workqueue.TypedRateLimitingInterface[cache.ObjectName]

	mu      sync.Mutex
	pools   []*plan.Pool
	running map[cache.ObjectName]*running
}

// running is what a pod holds.
type running struct {
	uid       types.UID
	addresses []netip.Addr // taken from the pools and, if there is a network, added to it
	servers   *servers     // nil while nobody listens
}

// Options are what an Actor works with.
type Options struct {
	// Cluster names the node and plans the pods' addresses.
	Cluster plan.Cluster
	// Nodes are the addresses of the node, the InternalIPs of its status.
	Nodes []netip.Addr
	// Client may do anything.
	Client kubernetes.Interface
	// Network is where pods listen; nil means that they do not.
	Network Network
	// Log gets what goes wrong, which is tried again.
	Log *slog.Logger
}

// New makes an actor that does nothing until it runs.
func New(o Options) *Actor {
	return &Actor{cluster: o.Cluster, nodes: o.Nodes, client: o.Client, network: o.Network, log: o.Log}
}

// Run registers the node, calls registered and runs pods until ctx ends. Then it stops listening, gives all addresses
// back and returns; the pods' objects stay, and the next Run takes them over. It returns an error only when the node
// cannot be registered.
func (a *Actor) Run(ctx context.Context, registered func()) error {
	if err := a.Register(ctx); err != nil {
		return err
	}
	a.running = map[cache.ObjectName]*running{}
	a.pools = nil
	for _, prefix := range a.cluster.Pods {
		a.pools = append(a.pools, plan.NewPool(prefix))
	}
	a.queue = workqueue.NewTypedRateLimitingQueue(
		workqueue.NewTypedItemExponentialFailureRateLimiter[cache.ObjectName](10*time.Millisecond, 2*time.Second))
	a.pods = newWatched(a.queue.Add)
	var watching sync.WaitGroup
	defer watching.Wait()
	watching.Go(func() { a.reflector().RunWithContext(ctx) })
	registered()
	a.work(ctx)
	return nil
}

// reflector keeps a.pods as the API server has them. It comes back within a second after the API server does; the
// default may take half a minute, which a test would spend waiting.
func (a *Actor) reflector() *cache.Reflector {
	source := cache.NewListWatchFromClient(a.client.CoreV1().RESTClient(), "pods", metav1.NamespaceAll, fields.Everything())
	return cache.NewReflectorWithOptions(source, &corev1.Pod{}, a.pods, cache.ReflectorOptions{
		Name:    "pods of " + a.cluster.Name,
		Backoff: &wait.Backoff{Duration: 50 * time.Millisecond, Factor: 2, Jitter: 0.2, Steps: 10, Cap: time.Second},
	})
}

func (a *Actor) work(ctx context.Context) {
	stop := context.AfterFunc(ctx, a.queue.ShutDown)
	defer stop()
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for a.next(ctx) {
			}
		})
	}
	group.Wait()
	for key := range a.running {
		if err := a.stop(key, ""); err != nil {
			a.log.Error("stopping a pod", "cluster", a.cluster.Name, "err", err)
		}
	}
}

func (a *Actor) next(ctx context.Context) bool {
	key, shutdown := a.queue.Get()
	if shutdown {
		return false
	}
	defer a.queue.Done(key)
	err := a.reconcile(ctx, key)
	switch {
	case err == nil:
		a.queue.Forget(key)
	case ctx.Err() != nil:
	default:
		a.queue.AddRateLimited(key)
		// A conflict means that somebody was faster, and the next look at the pod settles it.
		if !apierrors.IsConflict(err) {
			a.log.Error("running a pod", "cluster", a.cluster.Name, "namespace", key.Namespace, "name", key.Name, "err", err)
		}
	}
	return true
}

// Register makes sure that the node is there and ready. Run does it at its start.
func (a *Actor) Register(ctx context.Context) error {
	nodes := a.client.CoreV1().Nodes()
	node, err := nodes.Create(ctx, newNode(a.cluster), metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		node, err = nodes.Get(ctx, a.cluster.Name, metav1.GetOptions{})
	}
	if err != nil {
		return fmt.Errorf("registering node %q: %w", a.cluster.Name, err)
	}
	node.Status = nodeStatus(a.nodes, metav1.Now())
	// The API server adds a taint to new nodes that the node lifecycle controller, which does not run here, would remove.
	if _, err := nodes.UpdateStatus(ctx, node, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("registering node %q: %w", a.cluster.Name, err)
	}
	return nil
}
