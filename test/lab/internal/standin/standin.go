package standin

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/door"
)

const (
	// again is how long something that could not be opened waits for the next try.
	again = time.Second
	// dialTimeout bounds how long one backend may take before another is tried.
	dialTimeout = 2 * time.Second
)

// errNoBackend is why a connection is refused.
var errNoBackend = errors.New("no endpoint is ready")

// Network is where ClusterIPs are taken and pods are reached.
type Network interface {
	Listen(context.Context, netip.AddrPort) (net.Listener, error)
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	AddAddress(netip.Addr) error
	RemoveAddress(netip.Addr) error
}

// StandIn forwards for one cluster. Make it with [New].
type StandIn struct {
	client  kubernetes.Interface
	network Network
	log     *slog.Logger

	mu    sync.RWMutex
	table Table

	fronts    map[netip.AddrPort]context.CancelFunc
	addresses map[netip.Addr]int // how many fronts are at an address
	group     sync.WaitGroup
}

// New makes a stand-in that does nothing until it runs.
func New(client kubernetes.Interface, network Network, log *slog.Logger) *StandIn {
	return &StandIn{
		client: client, network: network, log: log,
		fronts: map[netip.AddrPort]context.CancelFunc{}, addresses: map[netip.Addr]int{},
	}
}

// Run forwards until ctx ends, then closes everything and returns.
func (s *StandIn) Run(ctx context.Context) error {
	changed := make(chan struct{}, 1)
	poke := func() {
		select {
		case changed <- struct{}{}:
		default: // one look covers all changes before it
		}
	}
	handler := cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { poke() },
		UpdateFunc: func(any, any) { poke() },
		DeleteFunc: func(any) { poke() },
	}
	factory := informers.NewSharedInformerFactory(s.client, 0)
	services, slices := factory.Core().V1().Services(), factory.Discovery().V1().EndpointSlices()
	for _, informer := range []cache.SharedIndexInformer{services.Informer(), slices.Informer()} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return err
		}
	}
	factory.StartWithContext(ctx)
	defer factory.Shutdown()
	defer s.apply(ctx, Table{})
	// An unsynced source is not an empty one.
	if !cache.WaitForCacheSync(ctx.Done(), services.Informer().HasSynced, slices.Informer().HasSynced) {
		return nil
	}
	poke()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		}
		allServices, err := services.Lister().List(labels.Everything())
		var allSlices []*discoveryv1.EndpointSlice
		if err == nil {
			allSlices, err = slices.Lister().List(labels.Everything())
		}
		if err == nil && s.apply(ctx, Desired(allServices, allSlices)) {
			continue
		}
		retry := time.AfterFunc(again, poke)
		defer retry.Stop()
	}
}

// apply opens and closes fronts until they are those of the table, and says whether all went well.
func (s *StandIn) apply(ctx context.Context, table Table) bool {
	s.mu.Lock()
	s.table = table
	s.mu.Unlock()
	well := true
	for at := range s.fronts {
		if _, wanted := table[at]; !wanted {
			s.close(at)
		}
	}
	for at := range table {
		if _, open := s.fronts[at]; open {
			continue
		}
		if err := s.open(ctx, at); err != nil {
			s.log.Error("opening a ClusterIP", "address", at.String(), "err", err)
			well = false
		}
	}
	if len(table) == 0 {
		s.group.Wait()
	}
	return well
}

func (s *StandIn) open(ctx context.Context, at netip.AddrPort) error {
	if err := s.network.AddAddress(at.Addr()); err != nil {
		return err
	}
	listener, err := s.network.Listen(ctx, at)
	if err != nil {
		if s.addresses[at.Addr()] == 0 {
			err = errors.Join(err, s.network.RemoveAddress(at.Addr()))
		}
		return err
	}
	s.addresses[at.Addr()]++
	front, cancel := context.WithCancel(ctx)
	s.fronts[at] = cancel
	s.group.Go(func() {
		door.ForwardTCP(front, listener, func(ctx context.Context) (net.Conn, error) { return s.dial(ctx, at) })
	})
	return nil
}

func (s *StandIn) close(at netip.AddrPort) {
	s.fronts[at]()
	delete(s.fronts, at)
	if s.addresses[at.Addr()]--; s.addresses[at.Addr()] > 0 {
		return
	}
	delete(s.addresses, at.Addr())
	if err := s.network.RemoveAddress(at.Addr()); err != nil {
		s.log.Error("closing a ClusterIP", "address", at.String(), "err", err)
	}
}

// dial connects to one of the backends an address has now, in random order.
func (s *StandIn) dial(ctx context.Context, at netip.AddrPort) (net.Conn, error) {
	s.mu.RLock()
	backends := s.table[at]
	s.mu.RUnlock()
	err := errNoBackend
	for _, i := range rand.Perm(len(backends)) {
		one, cancel := context.WithTimeout(ctx, dialTimeout)
		conn, failed := s.network.DialContext(one, "tcp", backends[i].String())
		cancel()
		if failed == nil {
			return conn, nil
		}
		err = failed
	}
	return nil, err
}
