package exact

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/corefile"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/hubadmin"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/join"
	hubv1alpha1 "github.com/multicluster-dns/multicluster-dns/controller/hub/api/v1alpha1"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

// asCommand has this binary be the command line instead of a test: programs in a cluster's network are processes of their own.
const asCommand = "EXACT_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		root := &cobra.Command{Use: "mcsctl", SilenceUsage: true, SilenceErrors: true}
		root.AddCommand(join.Command(), join.LeaveCommand(), hubadmin.HubCommand(), hubadmin.TokenCommand(), corefile.Command())
		err := root.ExecuteContext(context.Background())
		if err != nil {
			fmt.Fprintln(os.Stderr, "mcsctl:", err)
		}
		os.Exit(exit.Status(err))
	}
	flag.Parse()
	if _, err := lab.Enter(); err != nil {
		fmt.Fprintln(os.Stderr, "exact:", err)
		os.Exit(1)
	}
	ctrllog.SetLogger(logr.Discard())
	os.Exit(m.Run())
}

// patience bounds every wait; one that succeeds takes seconds at most.
const patience = 3 * time.Minute

// stage is two bare clusters whose API servers log, and the command line.
type stage struct {
	t          *testing.T
	lab        *lab.Lab
	dir        string
	kubeconfig string
	admin      map[string]client.Client
	processes  map[string][]*lab.Process

	left, ended time.Time // when west began to leave, and when its programs ended
}

func newStage(t *testing.T) *stage {
	t.Helper()
	if testing.Short() {
		t.Skip("starts control planes; left out under -short")
	}
	dir := t.TempDir()
	write := func(name, content string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	// The lab starts each component by its name; this adds the log where that is the API server.
	binary := write("k8s", fmt.Sprintf("#!/bin/sh\n[ \"$1\" != kube-apiserver ] || set -- \"$@\" --audit-policy-file=%s --audit-log-path=\"$HOME/audit.log\" --audit-log-mode=blocking\nexec %s \"$@\"\n",
		write("policy.yaml", policy, 0o600), lab.DefaultBinary()), 0o700)
	l, err := lab.Start(t.Context(), lab.Config{Dir: filepath.Join(dir, "lab"), Binary: binary, Clusters: []string{"east", "west"}, Keep: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Stop(); err != nil {
			t.Error(err)
		}
	})
	s := &stage{t: t, lab: l, dir: dir, admin: map[string]client.Client{}, processes: map[string][]*lab.Process{}, kubeconfig: filepath.Join(dir, "kubeconfig")}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, mcsv1beta1.Install, hubv1alpha1.AddToScheme, membership.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	all := clientcmdapi.NewConfig()
	for _, cluster := range l.Clusters() {
		one, err := clientcmd.LoadFromFile(cluster.AdminKubeconfig())
		if err != nil {
			t.Fatal(err)
		}
		for name, context := range one.Contexts {
			all.Contexts[name], all.Clusters[context.Cluster], all.AuthInfos[context.AuthInfo] = context, one.Clusters[context.Cluster], one.AuthInfos[context.AuthInfo]
		}
		if s.admin[cluster.Name()], err = client.New(cluster.Config(), client.Options{Scheme: scheme}); err != nil {
			t.Fatal(err)
		}
	}
	if err := clientcmd.WriteToFile(*all, s.kubeconfig); err != nil {
		t.Fatal(err)
	}
	return s
}

// try runs the command line as somebody who sees both clusters and returns what it writes to standard output.
func (s *stage) try(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*patience)
	defer cancel()
	argv := append([]string{"env", asCommand + "=1", os.Args[0]}, args...)
	out, err := s.lab.Cluster("east").Exec(ctx, append(argv, "--kubeconfig="+s.kubeconfig)...)
	return string(out), err
}

func (s *stage) mcsctl(args ...string) string {
	s.t.Helper()
	out, err := s.try(args...)
	if err != nil {
		s.t.Fatalf("mcsctl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// start starts the programs of a member as its join says, with more in their environment.
func (s *stage) start(id, lines string, env ...string) {
	s.t.Helper()
	var how struct{ Controller, DNS []string }
	if err := json.Unmarshal([]byte(lines), &how); err != nil {
		s.t.Fatalf("reading how to start the programs: %v\n%s", err, lines)
	}
	for _, argv := range [][]string{how.Controller, how.DNS} {
		argv[0] = filepath.Join(filepath.Dir(lab.DefaultBinary()), argv[0])
		process, err := s.lab.Cluster(id).Run(s.t.Context(), filepath.Base(argv[0]), argv, env...)
		if err != nil {
			s.t.Fatal(err)
		}
		s.processes[id] = append(s.processes[id], process)
	}
}

// eventually waits until check has nothing against the state of things.
func (s *stage) eventually(what string, check func(context.Context) error) {
	s.t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(s.t.Context(), 50*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		last = check(ctx)
		return last == nil, nil
	})
	if err != nil {
		s.t.Fatalf("%s: %v", what, last)
	}
}

// stop ends the programs of a member; their watches end and are logged then.
func (s *stage) stop(id string) {
	s.t.Helper()
	for _, process := range s.processes[id] {
		if err := process.Stop(s.t.Context()); err != nil {
			s.t.Log(err) // it ended, in its own way
		}
	}
	s.processes[id] = nil
}
