package edit

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

const plain = `.:53 {
    errors
    health {
       lameduck 5s
    }
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       fallthrough in-addr.arpa ip6.arpa
    }
    forward . /etc/resolv.conf
    cache 30
    reload
}
`

var stub = Change{Zone: "clusterset.local", Forward: []string{"10.96.0.53"}}
var plugin = Change{Zone: "clusterset.local"}

// Each file of testdata is a Corefile, what it becomes, and that it comes back.
func TestPatch(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) < 8 {
		t.Fatalf("found %d cases, %v: the search is broken", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			archive := txtar.Parse(content)
			files := map[string]string{}
			for _, file := range archive.Files {
				files[file.Name] = string(file.Data)
			}
			for _, way := range []struct {
				want   string
				change Change
			}{{"stub", stub}, {"plugin", plugin}} {
				want, found := files[way.want]
				if !found {
					continue
				}
				got, err := Patch(files["Corefile"], way.change)
				if err != nil {
					t.Fatalf("%s: %v", way.want, err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s differs (-want +got):\n%s", way.want, diff)
				}
				holds(t, files["Corefile"], way.change)
			}
		})
	}
}

// holds checks what is true of every Corefile that can be patched.
func holds(t *testing.T, before string, change Change) {
	t.Helper()
	once, err := Patch(before, change)
	if err != nil {
		t.Fatal(err)
	}
	if !Has(once) {
		t.Errorf("there is no block in\n%s", once)
	}
	if again, err := Patch(once, change); err != nil || again != once {
		t.Errorf("doing it again changes something, %v:\n%s", err, cmp.Diff(once, again))
	}
	restored, err := Remove(once)
	if err != nil || restored != before {
		t.Errorf("removing the block leaves something else, %v:\n%s", err, cmp.Diff(before, restored))
	}
	if line := byHand(servers(once), change.Zone); line == 0 {
		t.Errorf("nobody serves the zone in\n%s", once)
	}
}

func TestEveryLineBreakAndEndComesBack(t *testing.T) {
	for _, tc := range []struct{ name, text string }{
		{"as it is", plain},
		{"with Windows' line breaks", strings.ReplaceAll(plain, "\n", "\r\n")},
		{"without a line break at the end", strings.TrimSuffix(plain, "\n")},
		{"with a byte order mark", bom + plain},
		{"with empty lines around", "\n\n" + plain + "\n\n"},
		{"with tabs", strings.ReplaceAll(plain, "    ", "\t")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			holds(t, tc.text, stub)
			holds(t, tc.text, plugin)
		})
	}
	if got, err := Patch("", stub); err != nil || !strings.Contains(got, "clusterset.local:53 {") {
		t.Errorf("an empty Corefile becomes %q, %v", got, err)
	}
}

func TestANewAddressReplacesTheOld(t *testing.T) {
	once, err := Patch(plain, stub)
	if err != nil {
		t.Fatal(err)
	}
	twice, err := Patch(once, Change{Zone: "clusterset.local", Forward: []string{"10.96.0.54", "fd00::54"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.ReplaceAll(once, "10.96.0.53", "10.96.0.54 fd00::54"); twice != want {
		t.Errorf("text differs (-want +got):\n%s", cmp.Diff(want, twice))
	}
}

func TestWhatIsNotPatched(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		change     Change
		line       int   // of a ByHandError
		wraps      error // else
	}{
		{name: "a server block for the zone, made by hand", text: plain + "clusterset.local:53 {\n forward . 10.0.0.1\n}\n", change: stub, line: 13},
		{name: "the same with other letters, a scheme and a dot", text: "dns://ClusterSet.local.:53 {\n forward . 10.0.0.1\n}\n", change: stub, line: 1},
		{name: "our plugin, made by hand", text: ".:53 {\n errors\n multicluster clusterset.local\n}\n", change: plugin, line: 3},
		{name: "a forward of the zone in another block", text: ".:53 {\n forward clusterset.local 10.0.0.1\n}\n", change: stub, line: 2},
		{name: "a block that does not end", text: ".:53 {\n errors\n", change: stub, wraps: ErrSyntax},
		{name: "a brace too many", text: plain + "}\n}\n", change: stub, wraps: ErrSyntax},
		{name: "marks without an end", text: begin + "\n" + plain, change: stub, wraps: ErrMarks},
		{name: "marks without a beginning", text: plain + end + "\n", change: stub, wraps: ErrMarks},
		{name: "marks within marks", text: begin + "\n" + begin + "\n" + end + "\n" + plain, change: stub, wraps: ErrMarks},
		{name: "a block without braces", text: ".:53\nerrors\nforward . 10.0.0.1\n", change: stub, wraps: ErrShape},
		{name: "the plugin where two blocks answer for all names", text: ".:53 {\n errors\n}\n.:53 {\n bind 10.0.0.1\n}\n", change: plugin, wraps: ErrShape},
		{name: "the plugin where no block answers for all names", text: "cluster.local:53 {\n errors\n}\n", change: plugin, wraps: ErrShape},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := Patch(tc.text, tc.change)
			var hand *ByHandError
			switch {
			case err == nil:
				t.Errorf("it is patched:\n%s", got)
			case tc.line > 0 && (!errors.As(err, &hand) || hand.Line != tc.line):
				t.Errorf("the error is %v, want line %d", err, tc.line)
			case tc.line == 0 && !errors.Is(err, tc.wraps):
				t.Errorf("the error is %v, want one that wraps %v", err, tc.wraps)
			}
		})
	}
}

func TestReloads(t *testing.T) {
	if !Reloads(plain) || Reloads(strings.ReplaceAll(plain, "reload", "loop")) {
		t.Error("Reloads does not see the plugin")
	}
}

func TestDiff(t *testing.T) {
	after, err := Patch(plain, plugin)
	if err != nil {
		t.Fatal(err)
	}
	want := `@@ -1,4 +1,7 @@
 .:53 {
+    # BEGIN multicluster-dns
+    multicluster clusterset.local
+    # END multicluster-dns
     errors
     health {
        lameduck 5s
`
	if diff := cmp.Diff(want, Diff(plain, after)); diff != "" {
		t.Errorf("difference differs (-want +got):\n%s", diff)
	}
	if Diff(plain, plain) != "" {
		t.Error("there is a difference between a text and itself")
	}
}

// Whatever can be patched comes back to the byte, and CoreDNS' parser takes what is written.
func FuzzPatch(f *testing.F) {
	for _, seed := range []string{"", plain, strings.ReplaceAll(plain, "\n", "\r\n"), ".:53, a:5 {\n}\n", "(x) {\n errors\n}\n. {\n import x\n}", begin + "\n" + end + "\n" + plain} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, text string, forward bool) {
		change := plugin
		if forward {
			change = stub
		}
		before, err := Remove(text)
		if err != nil {
			return
		}
		if _, err := Patch(before, change); err != nil {
			return
		}
		holds(t, before, change)
	})
}
