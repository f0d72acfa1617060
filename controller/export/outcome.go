package export

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// stage is how far an export has come on its way to the hub.
type stage int

const (
	// published exports are on the hub as they are here.
	published stage = iota
	// pending exports are on their way; what is on the hub is older, or nothing.
	pending
	// failed exports are refused as they are.
	failed
)

// outcome is what became of one attempt to publish.
type outcome struct {
	stage stage
	// detail says in words why an export is pending or failed.
	detail string
	// unfit is set on a failed export that the hub's schema refuses: no member's absence, nor the hub's state, has to do with it.
	unfit bool
}

// outcomeOf says what an attempt that ended with err amounts to.
func (r *Reconciler) outcomeOf(err error) outcome {
	switch {
	case err == nil:
		return outcome{stage: published}
	case r.Unreachable(err), errors.Is(err, context.DeadlineExceeded):
		return outcome{stage: pending, detail: "hub unreachable"}
	}
	unfit := apierrors.IsInvalid(err) || apierrors.IsRequestEntityTooLargeError(err)
	return outcome{stage: failed, detail: err.Error(), unfit: unfit}
}
