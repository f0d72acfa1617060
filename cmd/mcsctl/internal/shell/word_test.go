package shell

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWordQuotesWhatAShellWouldNotTakeAsIs(t *testing.T) {
	for word, want := range map[string]string{
		"west": "west", "user@west.example:6443": "user@west.example:6443",
		"my west": "'my west'", "it's": `'it'\''s'`, "$(reboot)": "'$(reboot)'", "": "''",
	} {
		if diff := cmp.Diff(want, Word(word)); diff != "" {
			t.Errorf("Word(%q) (-want +got):\n%s", word, diff)
		}
	}
}
