package explain

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCorefile(t *testing.T) {
	const asked = "checkout.shop.svc.clusterset.local."
	for _, tc := range []struct {
		name, text string
		block      string // that answers
		claims     bool   // with multicluster
		imports    []string
	}{
		{name: "one block for all", text: ".:53 {\n multicluster clusterset.local\n}\n", block: ".:53", claims: true},
		{name: "a block without a port", text: "clusterset.local {\n multicluster\n}\n", block: "clusterset.local", claims: true},
		{name: "the longest zone wins", text: ".:53 {\n multicluster clusterset.local\n}\nclusterset.local:53 {\n forward . 10.0.0.1\n}\n", block: "clusterset.local:53"},
		{name: "another zone of the plugin", text: ".:53 {\n multicluster mcs.example\n}\n", block: ".:53"},
		{name: "a block for another port is not asked", text: ".:53 {\n errors\n}\nclusterset.local:5353 {\n multicluster\n}\n", block: ".:53"},
		{name: "a scheme before the zone", text: "dns://clusterset.local:53 {\n multicluster\n}\n", block: "dns://clusterset.local:53", claims: true},
		{name: "several zones and comments", text: "# ours\nexample.org clusterset.local {\n multicluster # all of them\n}\n", block: "example.org clusterset.local", claims: true},
		{name: "files that are taken in are elsewhere", text: "import /etc/coredns/custom/*.server\n.:53 {\n import ../snippets/*.override\n errors\n}\n", block: ".:53",
			imports: []string{"/etc/coredns/custom/*.server", "../snippets/*.override"}},
		{name: "a snippet", text: "(mcs) {\n multicluster clusterset.local\n}\n.:53 {\n import mcs\n}\n", block: ".:53", claims: true},
		{name: "line ends of Windows", text: ".:53 {\r\n    multicluster clusterset.local\r\n}\r\n", block: ".:53", claims: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			parsed, err := readCorefile(tc.text)
			if err != nil {
				t.Fatal(err)
			}
			block := parsed.serving(asked)
			if block == nil || block.label != tc.block || block.claims("multicluster", asked) != tc.claims {
				t.Errorf("the block is %+v, want %q, with the plugin: %t", block, tc.block, tc.claims)
			}
			if diff := cmp.Diff(tc.imports, parsed.imports); diff != "" {
				t.Errorf("imports (-want +got):\n%s", diff)
			}
		})
	}
	if _, err := readCorefile(".:53 {\n"); err == nil {
		t.Error("a block without an end is read")
	}
}

func TestZonesAreTheCorefiles(t *testing.T) {
	got := Zones(".:53 {\n multicluster clusterset.local MCS.example\n}\nthird.example:53 {\n multicluster {\n  ttl 30\n }\n}\n")
	if diff := cmp.Diff([]string{"clusterset.local.", "mcs.example.", "third.example."}, got); diff != "" {
		t.Errorf("zones (-want +got):\n%s", diff)
	}
}

func FuzzCorefile(f *testing.F) {
	for _, seed := range []string{goodCorefile, "import x/*\n", "(a) {\n}\n. {\n import a\n}\n", "{", ". {\n multicluster {\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, text string) { // it neither panics nor reads a file
		if parsed, err := readCorefile(text); err == nil {
			if block := parsed.serving("a.b.svc.clusterset.local."); block != nil {
				block.claims("template", "a.b.svc.clusterset.local.")
			}
		}
	})
}
