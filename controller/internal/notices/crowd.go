package notices

import (
	"fmt"
	"hash/fnv"
	"strings"
	"sync"

	"k8s.io/client-go/util/flowcontrol"
	"k8s.io/utils/clock"
)

// What happens to one member may concern thousands of services at once. The first crowdBurst of them have an Event of it, and then one
// more each second: whoever looks at Events learns of it, and the API server is not flooded.
const (
	crowdBurst = 25
	crowdRate  = 1 // per second
)

// Crowd bounds notices that concern many objects at once. The zero value is ready to use; it may be used concurrently.
type Crowd struct {
	once    sync.Once
	limiter flowcontrol.PassiveRateLimiter
}

// Admits says whether one more may be given now.
func (c *Crowd) Admits(now clock.PassiveClock) bool {
	c.once.Do(func() { c.limiter = flowcontrol.NewTokenBucketPassiveRateLimiterWithClock(crowdRate, crowdBurst, now) })
	return c.limiter.TryAccept()
}

// Names lists names, as many as fit a message.
func Names[T ~string](all []T) string {
	const most = 5
	var names []string
	for _, name := range all[:min(len(all), most)] {
		names = append(names, string(name))
	}
	if more := len(all) - most; more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

// Action is the action of an Event that says text. The Events API takes those of one reason and action about one object for one Event
// that repeats, and keeps what the first of them said: what says something else is another action.
func Action(verb, text string) string {
	digest := fnv.New32a()
	_, _ = digest.Write([]byte(text)) // It never fails.
	return fmt.Sprintf("%s-%08x", verb, digest.Sum32())
}
