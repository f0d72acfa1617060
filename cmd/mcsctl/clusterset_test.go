package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/vishvananda/netns"

	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

// shared is the clusterset that scripts work on: members east and west and a hub, started when the first script asks for it.
var shared sharedSet

type sharedSet struct {
	once       sync.Once
	set        *clusterset.Clusterset
	kubeconfig string
	programs   string // a directory with kubectl
	err        error
}

func (s *sharedSet) start() {
	dir, err := os.MkdirTemp("", "mcsctl-scripts-")
	if err != nil {
		s.err = err
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	if s.set, s.err = clusterset.Start(ctx, clusterset.Config{Dir: filepath.Join(dir, "lab"), Members: []string{"east", "west"}}); s.err != nil {
		return
	}
	s.kubeconfig = filepath.Join(dir, "kubeconfig")
	if s.err = s.set.WriteKubeconfig(s.kubeconfig, "east"); s.err != nil {
		return
	}
	s.programs = filepath.Join(dir, "bin")
	if s.err = os.Mkdir(s.programs, 0o755); s.err == nil {
		script := fmt.Sprintf("#!/bin/sh\nexec '%s' kubectl \"$@\"\n", s.set.Lab.Binary())
		s.err = os.WriteFile(filepath.Join(s.programs, "kubectl"), []byte(script), 0o755)
	}
}

func (s *sharedSet) stop() error {
	if s.set == nil {
		return nil
	}
	if err := s.set.Stop(); err != nil {
		return err
	}
	return os.RemoveAll(filepath.Dir(s.kubeconfig))
}

// useClusterset gives a script the clusterset: its kubeconfig, and kubectl.
func useClusterset(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: clusterset")
	}
	shared.once.Do(shared.start)
	ts.Check(shared.err)
	ts.Check(enter(shared.set.Hub.Cluster))
	ts.Setenv("KUBECONFIG", shared.kubeconfig)
	ts.Setenv("HOME", ts.Getenv("WORK")) // kubectl keeps what it discovered there
	ts.Setenv("PATH", shared.programs+string(os.PathListSeparator)+ts.Getenv("PATH"))
}

// enter moves what the script runs from here on into a cluster's network, from which all clusters are reached. A child process is in
// the network of the thread that starts it: this one is the script's for good, and ends with it.
func enter(cluster *lab.Cluster) error {
	if !shared.set.Lab.Isolation().Namespaces() {
		return nil
	}
	var network netns.NsHandle
	err := cluster.Do(func() (err error) {
		network, err = netns.GetFromPath("/proc/thread-self/ns/net")
		return err
	})
	if err != nil {
		return fmt.Errorf("finding the network of %q: %w", cluster.Name(), err)
	}
	defer network.Close()
	runtime.LockOSThread()
	return netns.Set(network)
}

// verb does something to one member's programs.
type verb = func(context.Context, *clusterset.Member) error

var controllerVerbs = map[string]verb{
	"stop":  func(ctx context.Context, m *clusterset.Member) error { return m.Controller.Stop(ctx) },
	"start": func(ctx context.Context, m *clusterset.Member) error { return m.RestartController(ctx) },
}

var dnsVerbs = map[string]verb{
	"stop":  func(ctx context.Context, m *clusterset.Member) error { return m.DNS.Stop(ctx) },
	"start": func(ctx context.Context, m *clusterset.Member) error { return m.StartDNS(ctx) },
}

// onMember stops and starts a member's program: "controller stop west".
func onMember(verbs map[string]verb) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != 2 || verbs[args[0]] == nil {
			ts.Fatalf("usage: controller|dns stop|start MEMBER")
		}
		if shared.set == nil {
			ts.Fatalf("the script has no clusterset: begin with the command clusterset")
		}
		ctx, cancel := withPatience()
		defer cancel()
		ts.Check(verbs[args[0]](ctx, shared.set.Member(args[1])))
	}
}
