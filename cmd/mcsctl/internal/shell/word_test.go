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

func TestLineQuotesEachWord(t *testing.T) {
	if diff := cmp.Diff("kubectl --context 'my west' get pods", Line("kubectl", "--context", "my west", "get", "pods")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
