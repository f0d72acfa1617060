package join

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// errStill is returned by until when the time is over.
var errStill = errors.New("not yet")

// until looks until done, for as long as the user waits, and once where that is no time at all. A look that has begun ends, also after the
// time is over: the middle of a question says nothing about who was asked, and errStill says what was seen.
func until(ctx context.Context, patience time.Duration, done wait.ConditionWithContextFunc) error {
	deadline, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var failed error
	err := wait.PollUntilContextCancel(deadline, 200*time.Millisecond, true, func(context.Context) (ok bool, _ error) {
		ok, failed = done(ctx)
		return ok, failed
	})
	if err != nil && failed == nil && ctx.Err() == nil {
		return errStill
	}
	return err
}
