package explain

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInclude(t *testing.T) {
	mounts := []Mount{
		{"/etc/coredns", map[string]string{"Corefile": "", "mcs.override": "multicluster clusterset.local\n", "loop.server": "import /etc/coredns/loop.server\n"}},
		{"/etc/coredns/custom", map[string]string{"b.server": "b.example {\n}\n", "a.server": "a.example {\n}\n", "notes.txt": "no"}},
	}
	for _, tc := range []struct{ name, text, want string }{
		{"what imports nothing is itself", ".:53 {\n errors\n}\n", ".:53 {\n errors\n}\n"},
		{"a file beside the Corefile", ".:53 {\n import *.override\n}\n", ".:53 {\nmulticluster clusterset.local\n\n}\n"},
		{"all files of another ConfigMap that match, by name", "import custom/*.server\n", "a.example {\n}\n\nb.example {\n}\n\n"},
		{"an absolute name", "import /etc/coredns/custom/a.server\n", "a.example {\n}\n\n"},
		{"a pattern that matches nothing brings in nothing", "import custom/*.override\n", "\n"},
		{"a directory that nobody sees stays named", "import /etc/other/*.server\n", "import /etc/other/*.server\n"},
		{"a snippet is no file", "import mcs\n", "import mcs\n"},
		{"a pattern that is none matches nothing", "import custom/[\n", "\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Include(tc.text, "/etc/coredns", mounts)); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
	for name, mount := range map[string]Mount{
		"a file that takes itself in":          {"/d", map[string]string{"a": "import /d/a\n"}},
		"one that does so again and again":     {"/d", map[string]string{"a": strings.Repeat("import /d/a\n", 100)}},
		"files that take in all of each other": {"/d", map[string]string{"a": "import /d/*\n", "b": "import /d/*\n"}},
	} {
		if got := Include("import /d/a\n", "/d", []Mount{mount}); len(got) > 2*longestCorefile {
			t.Errorf("%s becomes %d bytes", name, len(got))
		}
	}
}
