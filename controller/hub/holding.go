package hub

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// holding is this process' hold on the own cluster id, and what it has to show for it.
type holding struct {
	renewing sync.Mutex // held through a renewal

	mu       sync.Mutex
	held     bool
	rival    string // UID of the cluster that holds the id instead
	contest  contest
	complete bool                             // the exporter has published everything once
	sequence int64                            // of the last mark
	version  string                           // of the Lease as it was last written
	expected map[types.NamespacedName]records // what was published, by key
}

// records are the object names of one export's records.
type records struct {
	service types.NamespacedName
	slices  []types.NamespacedName
}

// contest is what was seen of a rival's Lease.
type contest struct {
	stamp  string
	since  time.Time // the first look with this stamp
	looked time.Time // the last
}

func newHolding() *holding { return &holding{expected: map[types.NamespacedName]records{}} }

// look takes in what the rival's Lease says and reports whether it has stood still for the forget time, looked at again and
// again without a longer gap.
func (c *contest) look(stamp string, now time.Time, gap, forget time.Duration) bool {
	if stamp != c.stamp || now.Sub(c.looked) > gap {
		c.stamp, c.since = stamp, now
	}
	c.looked = now
	return now.Sub(c.since) >= forget
}

// state returns nil if this cluster holds its id, and whether that is known.
func (h *holding) state() (held bool, rival string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.held, h.rival
}

// set takes in how a renewal ended.
func (h *holding) set(held bool, rival string) (changed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	changed = h.held != held || h.rival != rival
	h.held, h.rival = held, rival
	if held {
		h.contest = contest{}
	}
	return changed
}

// wrote takes in that the Lease was written.
func (h *holding) wrote(sequence int64, version string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sequence, h.version = max(h.sequence, sequence), version
}

// expect takes in what is on the hub of an export from now on.
func (h *holding) expect(key types.NamespacedName, r records) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.expected[key] = r
}

// narrow takes in that of an export's slices those that are not in r are about to go.
func (h *holding) narrow(key types.NamespacedName, r records) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before, found := h.expected[key]
	if !found {
		return
	}
	before.slices = slices.DeleteFunc(slices.Clone(before.slices), func(name types.NamespacedName) bool {
		return !slices.Contains(r.slices, name)
	})
	h.expected[key] = before
}

// release takes in that all of an export is about to go.
func (h *holding) release(key types.NamespacedName) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.expected, key)
}

// lost returns a record that was published and that the two functions do not find, if there is one.
func (h *holding) lost(service, slice func(types.NamespacedName) bool) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for key, r := range h.expected {
		if !service(r.service) {
			return fmt.Errorf("the record of %q is gone", key)
		}
		for _, name := range r.slices {
			if !slice(name) {
				return fmt.Errorf("the record %q of %q is gone", name.Name, key)
			}
		}
	}
	return nil
}
