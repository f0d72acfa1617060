package hub

import (
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
)

// ErrUnreachable is wrapped by errors of writes that the hub has not answered, or not in a way that concerns the request: it is
// away, overloaded, failing, does not accept the credentials, or was not read yet. Trying again later is all there is to do.
var ErrUnreachable = errors.New("hub unreachable")

// ErrRefused is wrapped by errors of writes that the hub, or this package on its behalf, does not allow: this cluster is not
// registered, another cluster holds its id, its rights are missing, or the record breaks the schema. Somebody must act.
var ErrRefused = errors.New("refused")

// problem is a class of errors. Each change of class is worth a line in the log; each error is not.
type problem string

const (
	noProblem   problem = ""
	away        problem = "unreachable"
	missing     problem = "missing"
	forbidden   problem = "forbidden"
	invalid     problem = "invalid"
	outdated    problem = "outdated" // what was known is not what the hub has: read again
	rejectedKey problem = "unauthorized"
)

// classify returns the problem behind an error of a request to the hub.
func classify(err error) problem {
	switch {
	case err == nil:
		return noProblem
	case apierrors.IsUnauthorized(err):
		return rejectedKey
	case apierrors.IsForbidden(err):
		return forbidden
	case apierrors.IsNotFound(err), apierrors.IsMethodNotSupported(err), meta.IsNoMatchError(err):
		return missing
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err), apierrors.IsRequestEntityTooLargeError(err):
		return invalid
	case apierrors.IsConflict(err), apierrors.IsAlreadyExists(err), apierrors.IsResourceExpired(err), apierrors.IsGone(err):
		return outdated
	}
	return away
}

// sentinel returns the exported error that a caller may branch on.
func (p problem) sentinel() error {
	switch p {
	case forbidden, invalid, missing:
		return ErrRefused
	}
	return ErrUnreachable
}

// wrap says what was being done when a request to the hub failed, and of which kind the failure is.
func (h *Hub) wrap(err error, format string, args ...any) error {
	return fmt.Errorf("%s on the hub: %w: %w", fmt.Sprintf(format, args...), classify(err).sentinel(), err)
}
