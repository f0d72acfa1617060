package hub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// follower keeps a mirror of one resource of the hub up to date: list, watch, and again.
//
// client-go's Reflector does the same and is not used, because it cannot tell which hub it reads. After a break it goes on
// from the resource version it had, and a hub that was rebuilt or restored in the meantime, whose versions are lower, sends it
// nothing until they catch up. A follower looks first (see origin), and lists anew if the hub is not the one it has read.
type follower struct {
	resource   string
	list       func() client.ObjectList
	options    []client.ListOption
	sink       sink
	origin     func(context.Context, client.Client) (origin, error)
	connection *connection
	provenance *provenance
	taken      func()               // called after each list, before it counts as one
	rewound    func()               // called before the first objects of another life of the hub are taken in
	listed     func(version string) // called after each list, and with "" when the list is found to be void
	clock      clock.WithTicker
	log        logr.Logger

	version string // of the resource, "" before a list
	from    origin // of the list
	life    int    // of the hub, at the list
	problem problem
}

// sink is what a follower needs of a mirror.
type sink interface {
	put(client.Object)
	remove(types.NamespacedName)
	keep(map[types.NamespacedName]struct{}) // forget all others
}

// pageSize is the number of objects asked for at a time.
const pageSize = 500

// retry is the wait between tries, from a quarter of a second to about ten.
var retry = wait.Backoff{Duration: 250 * time.Millisecond, Factor: 2, Jitter: 0.5, Steps: 7, Cap: 10 * time.Second}

// errStartOver ends a watch whose place in the hub's history is lost.
var errStartOver = errors.New("the hub's history begins after what was read last")

// run follows until ctx ends.
func (f *follower) run(ctx context.Context) {
	backoff := retry
	for ctx.Err() == nil {
		c, replaced := f.connection.current()
		life, ended := f.provenance.age()
		if f.version != "" && f.life != life {
			f.lose()
		}
		bound, cancel := context.WithCancel(ctx)
		go func() {
			defer cancel()
			select {
			case <-bound.Done():
			case <-replaced:
			case <-ended:
			}
		}()
		recovered := f.connection.contact.recovery()
		progress, err := f.follow(bound, c)
		cancel()
		if ctx.Err() != nil {
			return
		}
		if now, _ := f.provenance.age(); now != life {
			continue // It was cut short to be read anew.
		}
		f.report(err)
		if progress {
			backoff = retry
		}
		if err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-replaced:
			backoff = retry
		case <-recovered:
			backoff = retry
		case <-f.clock.After(backoff.Step()):
		}
	}
}

// follow lists if need be and watches once. It reports whether the hub had anything to say, and why it ended; nil is the
// ordinary end of a watch.
func (f *follower) follow(ctx context.Context, c client.WithWatch) (progress bool, err error) {
	if f.version != "" {
		if err := f.verify(ctx, c); err != nil {
			return false, err
		}
	}
	if f.version == "" {
		if err := f.relist(ctx, c); err != nil {
			return false, err
		}
		f.report(nil)
	}
	started := f.clock.Now()
	err = f.watch(ctx, c)
	if errors.Is(err, errStartOver) {
		f.version, err = "", nil
	}
	return f.clock.Since(started) > time.Second, err
}

// verify finds out whether the hub is still the one that was listed, and no older than it was then. If not, the list is void.
func (f *follower) verify(ctx context.Context, c client.Client) error {
	now, err := f.whence(ctx, c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	probe := f.list()
	if err := c.List(ctx, probe, append(f.options, client.Limit(1))...); err != nil {
		return fmt.Errorf("reading %s: %w", f.resource, err)
	}
	if now == f.from && !older(probe.GetResourceVersion(), f.version) {
		return nil
	}
	f.log.Info("Hub is another, or was restored to an older state, and is read anew", "resource", f.resource)
	f.void()
	return nil
}

// void takes in that the hub is another, or older, than the one that was listed, unless another follower has already.
func (f *follower) void() {
	if f.provenance.rewound(f.life) {
		f.rewound() // Before this resource is listed anew, and so before anything is concluded from what all of them say.
	}
	f.lose()
}

// lose forgets that the resource was listed.
func (f *follower) lose() {
	f.version = ""
	f.provenance.lost(f.resource)
	f.listed("")
}

// report logs a change of what keeps the resource from being read. That the hub cannot be reached is [contact]'s to log, once for
// all resources.
func (f *follower) report(err error) {
	now := classify(err)
	if now == outdated {
		f.version, now = "", noProblem
	}
	if now == f.problem {
		return
	}
	was := f.problem
	f.problem = now
	switch now {
	case noProblem:
		if was != away && was != rejectedKey {
			f.log.Info("Resource of the hub is read", "resource", f.resource)
		}
	case away, rejectedKey:
		f.log.V(1).Info("Resource of the hub is not read", "resource", f.resource, "reason", err.Error())
	default:
		f.log.Info("Resource of the hub cannot be read, trying again", "resource", f.resource, "problem", string(now), "reason", err.Error())
	}
}

// trimmed removes what is never looked at and may be large.
func trimmed(object client.Object) client.Object {
	object.SetManagedFields(nil)
	return object
}

func expired(err error) bool { return apierrors.IsResourceExpired(err) || apierrors.IsGone(err) }
