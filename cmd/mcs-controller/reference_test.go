package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/pflag"

	"github.com/multicluster-dns/multicluster-dns/controller/export"
	"github.com/multicluster-dns/multicluster-dns/controller/hub"
	"github.com/multicluster-dns/multicluster-dns/controller/importer"
)

var updateReference = flag.Bool("update", false, "write the reference page instead of comparing it")

const referencePage = "../../docs/reference/mcs-controller.md"

//go:generate go test . -run TestReferencePageIsCurrent -update

// TestReferencePageIsCurrent holds the reference to the flags and metrics that the program has.
func TestReferencePageIsCurrent(t *testing.T) {
	var page strings.Builder
	page.WriteString(`# mcs-controller

<!-- Written by: go test ./cmd/mcs-controller -run TestReferencePageIsCurrent -update -->

`)
	page.WriteString(newCommand(io.Discard).Long)
	page.WriteString("\n\n## Flags\n\n| flag | default | meaning |\n|---|---|---|\n")
	newCommand(io.Discard).Flags().VisitAll(func(f *pflag.Flag) {
		def := f.DefValue
		if def == "" || def == "[]" {
			def = "none"
		}
		fmt.Fprintf(&page, "| `--%s` | %s | %s |\n", f.Name, strings.Trim(def, "[]"), f.Usage)
	})
	page.WriteString("\n## Metrics\n\nServed at `/metrics` beside those of the Go runtime and of controller-runtime.\n\n| metric | labels | meaning |\n|---|---|---|\n")
	for _, line := range metricLines(t) {
		page.WriteString(line)
	}
	if *updateReference {
		if err := os.MkdirAll(filepath.Dir(referencePage), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(referencePage, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	current, err := os.ReadFile(referencePage)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(page.String(), string(current)); diff != "" {
		t.Errorf("the page is out of date: make generate (-want +got):\n%s", diff)
	}
}

// collected is a Registerer that keeps what is registered.
type collected []prometheus.Collector

func (c *collected) Register(one prometheus.Collector) error { *c = append(*c, one); return nil }
func (c *collected) MustRegister(all ...prometheus.Collector) {
	*c = append(*c, all...)
}
func (c *collected) Unregister(prometheus.Collector) bool { return false }

var described = regexp.MustCompile(`fqName: "([^"]+)", help: "((?:[^"\\]|\\.)*)"(?:, unit: "[^"]*")?, constLabels: \{[^}]*\}, variableLabels: \{([^}]*)\}`)

// metricLines describes every metric of ours, sorted by name.
func metricLines(t *testing.T) []string {
	t.Helper()
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	server := "{apiVersion: v1, kind: Config, clusters: [{name: hub, cluster: {server: https://127.0.0.1:1}}], contexts: [{name: hub, context: {cluster: hub}}], current-context: hub}"
	if err := os.WriteFile(kubeconfig, []byte(server), 0o600); err != nil {
		t.Fatal(err)
	}
	all := collected{newWrites(), export.NewMetrics(nil), importer.NewMetrics(nil, nil)}
	if _, err := hub.New(hub.Config{
		ClustersetNamespace: "mcs-clusterset", Self: "east", UID: "uid", Kubeconfig: kubeconfig, Log: logr.Discard(), Registerer: &all,
	}); err != nil {
		t.Fatal(err)
	}
	descriptions := make(chan *prometheus.Desc)
	go func() {
		defer close(descriptions)
		for _, collector := range all {
			collector.Describe(descriptions)
		}
	}()
	seen := map[string]bool{}
	var lines []string
	for description := range descriptions {
		match := described.FindStringSubmatch(description.String())
		if match == nil {
			t.Fatalf("a metric describes itself as %s", description)
		}
		labels := "none"
		if match[3] != "" {
			labels = "`" + strings.ReplaceAll(match[3], ",", "`, `") + "`"
		}
		line := fmt.Sprintf("| `%s` | %s | %s |\n", match[1], labels, strings.ReplaceAll(match[2], `\"`, `"`))
		if !seen[line] {
			seen[line] = true
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return lines
}
