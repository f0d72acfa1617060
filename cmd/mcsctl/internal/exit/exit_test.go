package exit

import (
	"errors"
	"fmt"
	"testing"
)

func TestStatus(t *testing.T) {
	for _, tc := range []struct {
		name string
		err  error
		want int
	}{
		{"no error is status 0", nil, OK},
		{"any other error is status 1", errors.New("x"), Found},
		{"a problem is status 1", Problem(errors.New("x")), Found},
		{"what cannot be told is status 2", CannotTell(nil), Unknown},
		{"a wrong command line is status 64", Usage("no such %s", "flag"), Misused},
		{"a wrapped status keeps its number", fmt.Errorf("asking: %w", CannotTell(errors.New("x"))), Unknown},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := Status(tc.err); got != tc.want {
				t.Errorf("Status(%v) = %d, want %d", tc.err, got, tc.want)
			}
		})
	}
}

func TestErrorSaysWhatWentWrong(t *testing.T) {
	cause := errors.New("the hub is away")
	if err := Problem(cause); err.Error() != cause.Error() || !errors.Is(err, cause) {
		t.Errorf("Problem(%q) reads %q", cause, err)
	}
	if err := CannotTell(nil); err.Error() != "exit status 2" {
		t.Errorf("CannotTell(nil) reads %q", err)
	}
}
