package page

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// busy are facts with something of every kind, and names as long as they may be.
func busy() Facts {
	facts := well()
	facts.Members = append(facts.Members,
		Member{ID: "ap-southeast-2.production", State: membership.Stale, Heard: now.Add(-6 * time.Minute), Slices: 7, Endpoints: 52},
		Member{ID: "lost", State: membership.Forgotten, Heard: now.Add(-40 * time.Minute)},
		Member{ID: "new"})
	facts.Excluded = []membership.Excluded{{Profile: "west_1", Reason: `the label multicluster-dns.github.io/hub-namespace is missing`}}
	long := types.NamespacedName{Namespace: strings.Repeat("n", 63), Name: strings.Repeat("s", 63)}
	facts.Exports = append(facts.Exports,
		Export{Key: key("cart"), Created: now, Valid: yes, Ready: yes, Conflict: Condition{Status: "True", Reason: "PortConflict,TypeConflict",
			Message: `Conflicting type. Using "ClusterSetIP" from oldest service export in "west". 1/2 clusters disagree.`}},
		Export{Key: long, Valid: Condition{Status: "False", Reason: "NoService", Message: "Service does not exist."}})
	facts.Imports = append(facts.Imports,
		Import{Key: types.NamespacedName{Namespace: "data", Name: "pg"}, Headless: true, Ready: yes, Ours: true, Ports: []string{"postgres 5432/TCP", "metrics 9187/TCP"},
			Clusters: []string{"east", "west"}, Sources: []Source{
				{Cluster: "east", Endpoints: 9, Ready: 9, Addresses: []string{"10.1.0.10", "10.1.0.11", "10.1.0.12", "10.1.0.13"}},
				{Cluster: "west", Endpoints: 3, Ready: 2, Addresses: []string{"fd00:10:2::10", "fd00:10:2::11"}}}},
		Import{Key: long, Ours: true})
	for i := range kept {
		took := time.Duration(20+i%7*11) * time.Millisecond
		in := Interval{End: now.Add(-time.Duration(kept-1-i) * interval), Changes: uint64(i % 5), Median: took, P99: 3 * took}
		if i == 80 {
			in.P99 = 8 * time.Second
		}
		facts.Propagation = append(facts.Propagation, in)
	}
	return facts
}

// chromium runs a headless Chromium on a URL and returns the document as it is after loading, and what the browser logged.
func chromium(t *testing.T, args ...string) (dom, log string) {
	t.Helper()
	var program string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			program = found
			break
		}
	}
	if program == "" {
		t.Skip("no Chromium is installed: install the package chromium to have the page looked at by a browser")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	profile := t.TempDir()
	defer func() { // The processes it has started write a little longer than it runs.
		for os.RemoveAll(profile) != nil && ctx.Err() == nil {
			<-time.After(10 * time.Millisecond)
		}
	}()
	common := []string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--hide-scrollbars", "--enable-logging=stderr", "--user-data-dir=" + profile,
	}
	command := exec.CommandContext(ctx, program, append(common, args...)...)
	command.WaitDelay = 30 * time.Second
	var out, stderr bytes.Buffer
	command.Stdout, command.Stderr = &out, &stderr
	if err := command.Run(); err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		t.Fatalf("running %s: %v\n%s", program, err, stderr.String())
	}
	return out.String(), stderr.String()
}

// serve serves the page of facts as it is, and at /measure with a script that writes into the document what a reader would see.
func serve(t *testing.T, facts Facts) *httptest.Server {
	t.Helper()
	const measure = `<script>addEventListener("load", () => {
		const body = document.documentElement;
		const small = [...document.querySelectorAll("svg text")].filter((e) => e.getBoundingClientRect().height < 9).length;
		document.title = "width " + innerWidth + " wider " + (body.scrollWidth > innerWidth) + " small " + small;
	})</script>`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var out bytes.Buffer
		if err := render(&out, viewOf(facts, r.URL.Query().Get("q"))); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.URL.Path == "/measure" {
			fmt.Fprint(w, strings.Replace(out.String(), "</body>", measure+"</body>", 1))
			return
		}
		w.Header().Set("Content-Security-Policy", policy)
		_, _ = w.Write(out.Bytes())
	}))
	t.Cleanup(server.Close)
	return server
}

var measured = regexp.MustCompile(`<title>width (\d+) wider (\w+) small (\d+)</title>`)

func TestABrowserShowsThePage(t *testing.T) {
	server := serve(t, busy())
	for _, width := range []int{1280, 400} {
		for _, scheme := range []string{"light", "dark"} {
			t.Run(fmt.Sprintf("%s at %d", scheme, width), func(t *testing.T) {
				size := fmt.Sprintf("--window-size=%d,1400", width)
				args := []string{size}
				if scheme == "dark" {
					args = append(args, "--blink-settings=preferredColorScheme=0", "--force-dark-mode")
				}
				file := filepath.Join(t.ArtifactDir(), fmt.Sprintf("page-%s-%d.png", scheme, width))
				_, log := chromium(t, append(args, "--screenshot="+file, server.URL+"/")...)
				if info, err := os.Stat(file); err != nil || info.Size() == 0 {
					t.Fatalf("no screenshot was made: %v\n%s", err, log)
				}
				if strings.Contains(log, "Content Security Policy") || strings.Contains(log, "Uncaught") {
					t.Errorf("the browser refused a part of the page:\n%s", log)
				}
				dom, _ := chromium(t, append(args, "--dump-dom", server.URL+"/measure")...)
				found := measured.FindStringSubmatch(dom)
				if found == nil {
					t.Fatalf("the page could not be measured:\n%.400s", dom)
				}
				if found[2] != "false" || found[3] != "0" {
					t.Errorf("at %s pixels the page is wider than its window: %s; %s labels are too small to read", found[1], found[2], found[3])
				}
			})
		}
	}
}

func TestTheScriptRunsUnderThePolicy(t *testing.T) {
	dom, log := chromium(t, "--dump-dom", serve(t, busy()).URL+"/")
	if !strings.Contains(dom, `<button type="submit" hidden="">`) {
		t.Errorf("the script did not run:\n%s", log)
	}
}
