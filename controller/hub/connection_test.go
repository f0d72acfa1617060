package hub

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
)

const kubeconfig = `apiVersion: v1
kind: Config
clusters: [{name: hub, cluster: {server: "https://hub.example.org:6443"}}]
users: [{name: member, user: {token: TOKEN}}]
contexts: [{name: hub, context: {cluster: hub, user: member}}]
current-context: hub
`

func TestConnectionFollowsItsKubeconfig(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kubeconfig")
	write := func(content string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	watched := &contact{log: logr.Discard(), now: time.Now, notify: func() {}, unauthorized: make(chan struct{}, 1)}
	if _, err := newConnection(path, watched, func(time.Time, bool) {}, logr.Discard()); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a missing kubeconfig gives %v, want an error that names it", err)
	}
	write("clusters: 17")
	if _, err := newConnection(path, watched, func(time.Time, bool) {}, logr.Discard()); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a broken kubeconfig gives %v, want an error that names it", err)
	}
	write(kubeconfig)
	c, err := newConnection(path, watched, func(time.Time, bool) {}, logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	first, replaced := c.current()

	for _, tc := range []struct {
		name, content string
		replaced, bad bool
	}{
		{name: "the same content", content: kubeconfig},
		{name: "broken content leaves the last client", content: "clusters: 17", bad: true},
		{name: "a new token", content: strings.ReplaceAll(kubeconfig, "TOKEN", "OTHER"), replaced: true},
	} {
		write(tc.content)
		if err := c.reload(); (err != nil) != tc.bad {
			t.Errorf("%s: reloading gives %v", tc.name, err)
		}
		now, _ := c.current()
		if (now != first) != tc.replaced {
			t.Errorf("%s: client replaced %v", tc.name, now != first)
		}
		select {
		case <-replaced:
			if !tc.replaced {
				t.Errorf("%s: the first client's watches were ended", tc.name)
			}
		default:
			if tc.replaced {
				t.Errorf("%s: the first client's watches go on", tc.name)
			}
		}
	}
}

func TestNoClientSideLimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, []byte(kubeconfig), 0o600); err != nil {
		t.Fatal(err)
	}
	config, _, err := load(path)
	if err != nil {
		t.Fatal(err)
	}
	if config.QPS != -1 {
		t.Errorf("QPS is %v: a limit here would hold back live changes behind the backlog of a start", config.QPS)
	}
}
