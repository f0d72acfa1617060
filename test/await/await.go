package await

import (
	"context"
	"testing"
	"time"
)

// Holds asks got, with the pause between two attempts, until it returns nil. When patience ends the test fails with what it returned
// last while there was still time, or at all. It is to be called from the test's own goroutine.
func Holds(t testing.TB, patience, pause time.Duration, what string, got func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var last error
	for {
		if err := got(ctx); err == nil {
			return
		} else if ctx.Err() == nil || last == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: still not so: %v", what, last)
		case <-time.After(pause):
		}
	}
}
