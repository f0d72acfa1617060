package hub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// Config says which hub to use and as whom.
type Config struct {
	// Kubeconfig is the path of the kubeconfig for the hub; "" is the cluster this process runs in. It may be rewritten at any
	// time.
	Kubeconfig string
	// ClustersetNamespace is the namespace on the hub that holds the members' ClusterProfiles.
	ClustersetNamespace string
	// Clusterset is the clusterset's name, compared with what members state of themselves; "" compares nothing.
	Clusterset string
	// Self is this cluster's id.
	Self mcs.ClusterID
	// UID is the UID of this cluster's own kube-system namespace, by which two clusters with one id are told apart.
	UID string
	// Thresholds are the times after which a silent member is stale and forgotten; zero is [membership.DefaultThresholds].
	Thresholds membership.Thresholds
	// RenewInterval is how often the own Lease is renewed, and must be the same for all members; 0 is [membership.RenewInterval].
	RenewInterval time.Duration
	// Missing returns the namespaces that other members export from and this cluster lacks, to be stated on its Lease; nil states none.
	Missing func(context.Context) []string
	// Log receives one line for each change of state.
	Log logr.Logger
	// Registerer receives the metrics; nil is none.
	Registerer prometheus.Registerer
	// Clock tells the time; nil is the real one.
	Clock clock.WithTicker
}

// validate reports what is missing.
func (c Config) validate() error {
	_, err := mcs.ParseClusterID(string(c.Self))
	return errors.Join(err,
		present(c.ClustersetNamespace, "the clusterset's namespace on the hub"),
		present(c.UID, "the UID of this cluster's kube-system namespace"),
		ascending(2*c.RenewInterval, c.Thresholds.Stale, c.Thresholds.Forget),
	)
}

func present(value, what string) error {
	if value == "" {
		return fmt.Errorf("%s is not given", what)
	}
	return nil
}

// ascending refuses times that would make one lost renewal look like silence, or silence like nothing.
func ascending(renewals, stale, forget time.Duration) error {
	if renewals < stale && stale < forget {
		return nil
	}
	return fmt.Errorf("the stale time %v must be longer than two renewals, %v, and shorter than the forget time %v", stale, renewals, forget)
}

// Hub is one member's view of the hub, and its hand there. Its methods may be called concurrently. Those without a context answer
// from memory, also while the hub is away.
type Hub struct {
	config     Config
	log        logr.Logger
	clock      clock.WithTicker
	metrics    *metrics
	connection *connection
	contact    *contact
	provenance *provenance
	followers  []*follower

	profiles *mirror[membership.ClusterProfile]
	leases   *mirror[lease]
	services *mirror[serviceRecord]
	slices   *mirror[sliceRecord]

	ownServices *ledger[serviceRecord]
	ownSlices   *ledger[sliceRecord]
	holding     *holding

	rosters   *rosters
	absences  absences
	assembled *assembly
	judge     chan struct{} // has a value when the roster is to be judged anew

	subscribers atomic.Pointer[subscribers]
	subscribing sync.Mutex
}

// subscribers are the functions to call after changes.
type subscribers struct {
	keys   []func(types.NamespacedName)
	states []func()
}

// New returns a Hub that does nothing before [Hub.Run]. The hub need not be there; a kubeconfig that cannot be read is an error.
func New(config Config) (*Hub, error) {
	config.Thresholds.Stale = cmp.Or(config.Thresholds.Stale, membership.DefaultThresholds.Stale)
	config.Thresholds.Forget = cmp.Or(config.Thresholds.Forget, membership.DefaultThresholds.Forget)
	config.RenewInterval = cmp.Or(config.RenewInterval, membership.RenewInterval)
	if err := config.validate(); err != nil {
		return nil, fmt.Errorf("configuring the hub: %w", err)
	}
	h := &Hub{config: config, log: config.Log, clock: config.Clock, judge: make(chan struct{}, 1)}
	if h.clock == nil {
		h.clock = clock.RealClock{}
	}
	h.subscribers.Store(&subscribers{})

	var err error
	if h.metrics, err = newMetrics(config.Registerer); err != nil {
		return nil, fmt.Errorf("registering the hub's metrics: %w", err)
	}
	h.contact = &contact{log: h.log, now: h.clock.Now, notify: h.contactChanged, unauthorized: make(chan struct{}, 1)}
	if h.connection, err = newConnection(config.Kubeconfig, h.contact, h.metrics.credentials, h.log); err != nil {
		return nil, err
	}
	h.follow()
	h.rosters = newRosters(config, h.clock, h.contact.lost)
	h.holding = newHolding()
	h.assembled = newAssembly()
	return h, nil
}

// Run reads the hub and keeps the own Lease until ctx ends, and returns when everything it started has ended. It waits for
// whatever is missing, and never returns early because the hub is away.
func (h *Hub) Run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	for _, f := range h.followers {
		running.Go(func() { f.run(ctx) })
	}
	running.Go(func() { h.connection.run(ctx, h.clock) })
	running.Go(func() { h.runRoster(ctx) })
	running.Go(func() { h.runLease(ctx) })
	<-ctx.Done()
	return nil
}

// Subscribe has notify called with each key of which a record changed. What changes for all keys at once is told to those of
// [Hub.SubscribeState]. It is called from many goroutines and must not block.
func (h *Hub) Subscribe(notify func(key types.NamespacedName)) {
	h.subscribe(func(s *subscribers) { s.keys = append(slices.Clone(s.keys), notify) })
}

// SubscribeState has notify called when [Hub.Synced], [Hub.Connected], [Hub.Members] or [Hub.Published] may have changed their
// answer: when members come, go or change state, and when what was read becomes complete or ceases to be. That concerns every key,
// also those that the hub has nothing of; a subscriber looks at them all again when it has nothing more urgent. It must not block.
func (h *Hub) SubscribeState(notify func()) {
	h.subscribe(func(s *subscribers) { s.states = append(slices.Clone(s.states), notify) })
}

func (h *Hub) subscribe(add func(*subscribers)) {
	h.subscribing.Lock()
	defer h.subscribing.Unlock()
	next := *h.subscribers.Load()
	add(&next)
	h.subscribers.Store(&next)
}

// changed tells subscribers of one key.
func (h *Hub) changed(key types.NamespacedName) {
	h.assembled.forget(key)
	for _, notify := range h.subscribers.Load().keys {
		notify(key)
	}
}

// changedAll tells subscribers that anything may have changed.
func (h *Hub) changedAll() {
	for _, notify := range h.subscribers.Load().states {
		notify()
	}
}

func (h *Hub) contactChanged() {
	connected := h.contact.connected()
	h.metrics.connected(connected)
	h.rejudge()
	h.changedAll()
}

// Connected reports whether the hub answered the last request.
func (h *Hub) Connected() bool { return h.contact.connected() }

// Synced reports whether everything was read from the hub as it is now: members, Leases and records, all from one and the same
// hub, and this cluster is a member or was seen to depart. Until then, and again after the hub was exchanged or restored, nothing
// may be concluded from what is absent. It stays true while the hub is away.
func (h *Hub) Synced() bool {
	_, whole := h.provenance.current()
	standing := h.rosters.current().standing
	return whole && (standing == membership.Registered || standing == membership.Departed)
}
