// Package exit says how a command ends, for scripts that look at the status and nothing else.
//
// Here belongs the meaning of a status. Printing the error is main's; what a command finds is its own. It imports nothing of
// the project.
package exit

import (
	"errors"
	"fmt"
)

// The statuses of every command of mcsctl.
const (
	// OK: what was asked for is done, or what was looked at is well.
	OK = 0
	// Found: a problem was found, or what was asked for could not be done.
	Found = 1
	// Unknown: it cannot be told, for something could not be looked at.
	Unknown = 2
	// Misused: the command line itself is wrong (EX_USAGE of sysexits.h).
	Misused = 64
)

// Error ends a command with a status. Err is what main prints; nil means that everything is on the screen already.
type Error struct {
	Status int
	Err    error
}

// Error returns the text of what went wrong, or the status where that stands on the screen already.
func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit status %d", e.Status)
	}
	return e.Err.Error()
}

// Unwrap returns what went wrong.
func (e *Error) Unwrap() error { return e.Err }

// Problem ends a command with the status Found. A nil err prints nothing.
func Problem(err error) error { return &Error{Status: Found, Err: err} }

// CannotTell ends a command with the status Unknown. A nil err prints nothing.
func CannotTell(err error) error { return &Error{Status: Unknown, Err: err} }

// Usage ends a command with the status Misused and a text that says what to write instead.
func Usage(format string, args ...any) error {
	return &Error{Status: Misused, Err: fmt.Errorf(format, args...)}
}

// Status is the status a command ends with after err: OK for nil, and Found for an error that says nothing of it.
func Status(err error) int {
	var ended *Error
	switch {
	case err == nil:
		return OK
	case errors.As(err, &ended):
		return ended.Status
	default:
		return Found
	}
}
