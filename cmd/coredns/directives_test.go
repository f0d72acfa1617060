package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
	"github.com/google/go-cmp/cmp"
)

// The order of plugins is that of the stock build, with multicluster directly
// before kubernetes, and every plugin of the stock build is there.
func TestOrderIsThatOfTheStockBuild(t *testing.T) {
	stock := stockPlugins(t)
	want, err := insert(stock, "multicluster", follower)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, dnsserver.Directives); diff != "" {
		t.Errorf("plugins (-plugin.cfg +binary):\n%s", diff)
	}
}

// stockPlugins reads plugin.cfg of the CoreDNS that go.mod names.
func stockPlugins(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/coredns/coredns").Output()
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(strings.TrimSpace(string(out)), "plugin.cfg"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var names []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, _, ok := strings.Cut(lines.Text(), ":")
		if ok && !strings.HasPrefix(name, "#") {
			names = append(names, name)
		}
	}
	if len(names) < 50 {
		t.Fatalf("plugin.cfg has %d plugins", len(names))
	}
	return names
}

func TestInsertNeedsTheFollower(t *testing.T) {
	if got, err := insert([]string{"a", "b"}, "x", "c"); err == nil {
		t.Errorf("got %v and no error", got)
	}
}

// -version tells the CoreDNS that go.mod names and what was built around it.
func TestVersion(t *testing.T) {
	binary := built(t)
	out, err := exec.Command(binary, "-version").Output()
	if err != nil {
		t.Fatal(err)
	}
	required, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}", "github.com/coredns/coredns").Output()
	if err != nil {
		t.Fatal(err)
	}
	if want := "CoreDNS-" + strings.TrimPrefix(strings.TrimSpace(string(required)), "v") + "\n"; !strings.HasPrefix(string(out), want) {
		t.Errorf("got %q, want %q at its begin", out, want)
	}
	if !strings.Contains(string(out), "multicluster-dns") {
		t.Errorf("got %q, want the name of this build in it", out)
	}
	if coremain.CoreVersion != strings.TrimPrefix(strings.TrimSpace(string(required)), "v") {
		t.Errorf("CoreDNS calls itself %s, and go.mod names %s", coremain.CoreVersion, required)
	}
	plugins, err := exec.Command(binary, "-plugins").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(stockPlugins(t), "multicluster") {
		name = strings.TrimPrefix(name, "on")
		if name != "" && !strings.Contains(string(plugins), name) {
			t.Errorf("the binary lacks plugin %q", name)
		}
	}
}

func TestBuild(t *testing.T) {
	revision := []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef0123"}}
	for _, tc := range []struct {
		name string
		info *debug.BuildInfo
		want string
	}{
		{"a build of a released module", &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}, "multicluster-dns v1.2.3"},
		{"a build of a checkout", &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: revision}, "multicluster-dns (devel) 0123456789ab"},
		{
			"a version that has the revision in it", &debug.BuildInfo{Main: debug.Module{Version: "v0.0.0-20261102-0123456789ab"}, Settings: revision},
			"multicluster-dns v0.0.0-20261102-0123456789ab",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := build(tc.info, true); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
	if got := build(nil, false); got != "" {
		t.Errorf("got %q for a binary that knows nothing", got)
	}
}
