package membership_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// A step of a story about the registry, told by cluster self.
type rollStep struct {
	after    time.Duration // since the step before
	registry string        // the ids the registry has from now on; "-" is none, "" no news
	remember string        // members known from before the start

	want     string // the others that count, afterwards
	standing membership.Standing
	frozen   bool
	departed string // ids of which nothing is to stay
	stays    string // ids that are not known to have departed
}

func TestRoll(t *testing.T) {
	const registered, unregistered, departed = membership.Registered, membership.Unregistered, membership.Departed
	for _, tc := range []struct {
		name, spec string
		steps      []rollStep
	}{
		{
			name: "before the registry was read nothing is concluded", spec: "decision 6: absence needs proof",
			steps: []rollStep{{after: time.Hour, stays: "self a", standing: membership.Unread}},
		},
		{
			name: "a member whose profile is deleted while others stay departs", spec: "scenario 49",
			steps: []rollStep{
				{registry: "self a b", want: "a b", standing: registered, stays: "a b", departed: "x"},
				{after: time.Minute, registry: "self a", want: "a b", standing: registered, stays: "b"},
				{after: time.Second, want: "a b", standing: registered, stays: "b"},
				{after: time.Second, want: "a", standing: registered, departed: "b", stays: "a"},
			},
		},
		{
			name: "the other one of two departs", spec: "scenario 49",
			steps: []rollStep{
				{registry: "self a", want: "a", standing: registered},
				{after: time.Minute, registry: "self", want: "a", standing: registered, stays: "a"},
				{after: 2 * time.Second, standing: registered, departed: "a"},
			},
		},
		{
			name: "a profile that is deleted and made again at once is no departure", spec: "local: a GitOps tool may replace an object",
			steps: []rollStep{
				{registry: "self a b", want: "a b", standing: registered},
				{after: time.Minute, registry: "self a", want: "a b", standing: registered},
				{after: time.Second, registry: "self a b", want: "a b", standing: registered},
				{after: time.Minute, want: "a b", standing: registered, stays: "b"},
			},
		},
		{
			name: "all others vanishing at once are kept until one is back", spec: "decision 6: all but one's own vanishing is frozen",
			steps: []rollStep{
				{registry: "self a b c", want: "a b c", standing: registered},
				{after: time.Minute, registry: "self", want: "a b c", standing: registered, frozen: true, stays: "a b c"},
				{after: time.Hour, want: "a b c", standing: registered, frozen: true, stays: "a b c"},
				{after: time.Minute, registry: "self c", want: "a b c", standing: registered, stays: "a b"},
				{after: 30 * time.Second, registry: "self b c", want: "a b c", standing: registered, stays: "a"},
				{after: 30 * time.Second, want: "b c", standing: registered, departed: "a"},
			},
		},
		{
			name: "a registry that is deleted one by one is deleted at once", spec: "decision 6: all but one's own vanishing is frozen",
			steps: []rollStep{
				{registry: "self a b c", want: "a b c", standing: registered},
				{after: time.Minute, registry: "self b c", want: "a b c", standing: registered},
				{after: time.Second, registry: "self c", want: "a b c", standing: registered},
				{after: time.Second, registry: "self", want: "a b c", standing: registered, frozen: true},
				{after: time.Hour, want: "a b c", standing: registered, frozen: true, stays: "a b c"},
			},
		},
		{
			name: "an empty registry departs nobody, not even oneself", spec: "decision 6: all vanishing is frozen",
			steps: []rollStep{
				{registry: "self a", want: "a", standing: registered},
				{after: time.Minute, registry: "-", want: "a", standing: registered, frozen: true, stays: "a"},
				{after: time.Hour, want: "a", standing: registered, frozen: true},
			},
		},
		{
			name: "a cluster whose own profile is deleted while others stay has departed", spec: "scenario 49: in B itself all is removed",
			steps: []rollStep{
				{registry: "self a b", want: "a b", standing: registered},
				{after: time.Minute, registry: "a b", want: "a b", standing: registered, stays: "a"},
				{after: 2 * time.Second, standing: departed, departed: "a b self"},
				{after: time.Hour, registry: "a", standing: departed, departed: "a b"},
				{after: time.Hour, registry: "self a", want: "a b", standing: registered, stays: "a"},
				{after: 2 * time.Second, want: "a", standing: registered, stays: "a", departed: "b"},
			},
		},
		{
			name: "a cluster that was never registered concludes nothing", spec: "local: a member that waits to be registered",
			steps: []rollStep{
				{registry: "a b", want: "a b", standing: unregistered, stays: "a b x"},
				{after: time.Minute, registry: "a", want: "a b", standing: unregistered, stays: "b"},
				{after: time.Hour, registry: "self a", want: "a b", standing: registered, stays: "a b"},
				{after: 2 * time.Second, want: "a", standing: registered, departed: "b"},
			},
		},
		{
			name: "a cluster that imported from members and is not registered has departed while nobody watched", spec: "scenario 49 across a restart",
			steps: []rollStep{
				{remember: "a b", standing: membership.Unread, stays: "a b"},
				{registry: "a b", want: "a b", standing: unregistered, stays: "a b"},
				{after: 59 * time.Second, want: "a b", standing: unregistered, stays: "a b"},
				{after: time.Second, standing: departed, departed: "a b self"},
				{after: time.Hour, registry: "self a b", want: "a b", standing: registered, stays: "a b"},
				{after: time.Hour, want: "a b", standing: registered, stays: "a b"},
			},
		},
		{
			name: "a cluster that is registered again soon after the start has not departed", spec: "decision 6 across a restart: a registry that fills again",
			steps: []rollStep{
				{remember: "a b", standing: membership.Unread, stays: "a b"},
				{registry: "a", want: "a", standing: unregistered, stays: "a b"},
				{after: 59 * time.Second, registry: "self a b", want: "a b", standing: registered, stays: "a b"},
				{after: time.Hour, want: "a b", standing: registered, stays: "a b"},
			},
		},
		{
			name: "a cluster that is led to a registry of strangers concludes nothing", spec: "decision 6: absence needs proof",
			steps: []rollStep{
				{remember: "x y", standing: membership.Unread, stays: "x y"},
				{registry: "a b", want: "a b", standing: unregistered, stays: "a b x y"},
				{after: time.Hour, want: "a b", standing: unregistered, stays: "a b x y"},
			},
		},
		{
			name: "an empty registry at the start departs nobody, not even oneself", spec: "decision 6 across a restart",
			steps: []rollStep{
				{remember: "a b", standing: membership.Unread, stays: "a b"},
				{registry: "-", standing: unregistered, stays: "a b"},
				{after: time.Hour, standing: unregistered, stays: "a b"},
			},
		},
		{
			name: "one member known from before the start that is not registered departed meanwhile", spec: "scenario 49 across a restart",
			steps: []rollStep{
				{remember: "a", standing: membership.Unread, stays: "a"},
				{after: time.Second, registry: "self", standing: registered, stays: "a"},
				{after: 2 * time.Second, standing: registered, departed: "a"},
			},
		},
		{
			name: "several members known from before the start and none registered are an accident", spec: "decision 6 across a restart",
			steps: []rollStep{
				{remember: "a b", standing: membership.Unread},
				{after: time.Second, registry: "self", standing: registered, frozen: true, stays: "a b", departed: "x"},
				{after: time.Hour, standing: registered, frozen: true, stays: "a b"},
			},
		},
		{
			name: "members known from before the start that are registered are members", spec: "decision 6 across a restart",
			steps: []rollStep{
				{remember: "a b", standing: membership.Unread},
				{after: time.Second, registry: "self a b", want: "a b", standing: registered, stays: "a b"},
				{after: time.Minute, want: "a b", standing: registered, stays: "a b"},
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			roll, now := membership.NewRoll("self"), time.Unix(1_000_000, 0)
			for i, step := range tc.steps {
				now = now.Add(step.after)
				if step.remember != "" {
					roll.Remember(ids(step.remember), now)
				}
				if step.registry != "" {
					roll.Update(registry(step.registry), now)
				}
				roll.Settle(now)
				if diff := cmp.Diff(registry(step.want), roll.Others()); diff != "" {
					t.Errorf("step %d: others differ (-want +got):\n%s", i, diff)
				}
				if standing, _ := roll.Standing(); standing != step.standing {
					t.Errorf("step %d: standing %v, want %v", i, standing, step.standing)
				}
				if roll.Frozen() != step.frozen {
					t.Errorf("step %d: frozen %v, want %v", i, roll.Frozen(), step.frozen)
				}
				for _, id := range ids(step.departed) {
					if !roll.Departed(id) {
						t.Errorf("step %d: %q has not departed", i, id)
					}
				}
				for _, id := range ids(step.stays) {
					if roll.Departed(id) {
						t.Errorf("step %d: %q has departed", i, id)
					}
				}
			}
		})
	}
}

func ids(text string) []mcs.ClusterID {
	var all []mcs.ClusterID
	for _, id := range strings.Fields(strings.ReplaceAll(text, "-", "")) {
		all = append(all, mcs.ClusterID(id))
	}
	return all
}

func registry(text string) []membership.Member {
	var all []membership.Member
	for _, id := range ids(text) {
		all = append(all, membership.Member{ID: id, Namespace: "mcs-" + string(id)})
	}
	return all
}

func TestTheOwnRegistrationIsKept(t *testing.T) {
	roll, now := membership.NewRoll("self"), time.Unix(1_000_000, 0)
	roll.Update(registry("self a"), now)
	roll.Update(registry("a"), now)
	if _, own := roll.Standing(); own.Namespace != "mcs-self" {
		t.Errorf("own registration is %v, want the one last seen", own)
	}
}
