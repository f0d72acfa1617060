package screen

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFit(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		width      int
		want       string
	}{
		{"what fits stays as its author broke it", "one two\nthree\n", 20, "one two\nthree\n"},
		{"a paragraph that does not is filled anew", "one two three four\nfive\n\nsix\n", 14, "one two three\nfour five\n\nsix\n"},
		{"a description goes on in its column", "Flags:\n      --hub string   context of the hub\n", 32, "Flags:\n      --hub string   context of\n                     the hub\n"},
		{"an example stays whole", "Examples:\n  mcsctl why checkout --from west\n", 20, "Examples:\n  mcsctl why checkout --from west\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Fit(tc.text, tc.width)); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
	if got := Width(&bytes.Buffer{}); got != 0 {
		t.Errorf("what is no terminal has %d columns", got)
	}
}
