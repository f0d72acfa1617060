package lab

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/netspace"
)

// helperVariable makes the test binary a program that starts a lab in the directory it names, says so, and stops it when
// its standard input ends. To its process outside, we are outside.
const helperVariable = "LAB_TEST_HELPER"

// word is what a helper says when its lab is up.
type word struct {
	Mode Mode
	DNS  netip.AddrPort
	// API is a door of its own to the API server.
	API netip.AddrPort
}

func helper(in io.Reader, out io.Writer) int {
	l, err := Start(context.Background(), Config{Dir: os.Getenv(helperVariable), Clusters: []string{"solo"}, Outside: true})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	solo := l.Clusters()[0]
	door, _ := solo.OutsideDNS()
	ctx, shut := context.WithCancel(context.Background())
	api, err := solo.OpenDoor(ctx, solo.layout.apiserver())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if err := json.NewEncoder(out).Encode(word{Mode: l.Isolation().Mode, DNS: door, API: api}); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	_, err = io.Copy(io.Discard, in)
	shut()
	if err := errors.Join(err, l.Stop()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// outer is a helper's process outside, and the way to end it kindly.
type outer struct {
	command *exec.Cmd
	stdin   io.Closer
	word    word
}

func startHelper(t *testing.T, dir, isolation string) *outer {
	t.Helper()
	if testing.Short() {
		t.Skip("starts control planes; left out under -short")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), self)
	command.Env = append(os.Environ(), helperVariable+"="+dir, wishVariable+"="+isolation)
	command.Stderr = os.Stderr
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill() // nothing to kill after a test that went well
		_ = command.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		t.Fatalf("the helper did not start its lab: %v", err)
	}
	o := &outer{command: command, stdin: stdin}
	if err := json.Unmarshal(line, &o.word); err != nil {
		t.Fatalf("the helper says %q: %v", line, err)
	}
	return o
}

// processesWith counts processes that have word in their command line: all of ours are visible to us, however deep.
func processesWith(word string) (int, error) {
	paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
	n := 0
	for _, path := range paths {
		line, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(line), word) {
			n++
		}
	}
	return n, err
}

func TestALabIsReachedFromOutsideAndStopsWithoutATrace(t *testing.T) {
	for _, isolation := range []string{"", "dns"} {
		t.Run("isolation "+isolation, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "lab")
			o := startHelper(t, dir, isolation)
			running, err := Find(dir)
			if err != nil {
				t.Fatal(err)
			}
			config, err := clientcmd.BuildConfigFromFlags("", running.Kubeconfig)
			if err != nil {
				t.Fatal(err)
			}
			client, err := kubernetes.NewForConfig(config)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := client.CoreV1().Nodes().Get(t.Context(), "solo", metav1.GetOptions{}); err != nil {
				t.Errorf("asking the API from outside: %v", err)
			}
			// Whose certificate it is does not matter: the handshake shows that somebody is behind the door.
			if through, err := tls.Dial("tcp", o.word.API.String(), &tls.Config{InsecureSkipVerify: true}); err != nil {
				t.Errorf("going through a door that was opened later: %v", err)
			} else {
				_ = through.Close() // the handshake was all there was to see
			}
			if n, err := processesWith(dir); err != nil || n == 0 {
				t.Fatalf("%d processes of the lab are to be seen (%v); the count below proves nothing", n, err)
			}
			if err := errors.Join(o.stdin.Close(), o.command.Wait()); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the directory is left: %v", err)
			}
			if n, err := processesWith(dir); err != nil || n != 0 {
				t.Errorf("%d processes are left (%v)", n, err)
			}
			if conn, err := net.Dial("tcp", strings.TrimPrefix(config.Host, "https://")); err == nil {
				t.Errorf("somebody listens where the API was: %v", conn.Close())
			}
		})
	}
}

func TestKillingTheProcessOutsideEndsEverythingInside(t *testing.T) {
	for _, isolation := range []string{"", "dns"} {
		t.Run("isolation "+isolation, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "lab")
			o := startHelper(t, dir, isolation)
			if err := o.command.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			eventually(t, "all processes are gone", func(context.Context) error {
				n, err := processesWith(dir)
				if err == nil && n != 0 {
					err = fmt.Errorf("%d are left: %w", n, errNotYet)
				}
				return err
			})
			// A moment after its command line, a process gives up its locks.
			eventually(t, "nobody finds it any more", func(context.Context) error {
				if _, err := Find(dir); !errors.Is(err, ErrNotRunning) {
					return fmt.Errorf("finding the lab: %w, want %v", err, ErrNotRunning)
				}
				return nil
			})
		})
	}
}

func TestDoorsLeadToTheClustersDNSServer(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lab")
	o := startHelper(t, dir, "")
	if o.word.Mode == DNSOnly {
		t.Skip("without namespaces there are no doors: inside is outside")
	}
	config, err := clientcmd.BuildConfigFromFlags("", filepath.Join(dir, "kubeconfig"))
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	// No DNS server, but it listens where one would, on both protocols.
	_, err = client.CoreV1().Pods(metav1.NamespaceDefault).Create(t.Context(), &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "dns"},
		Spec: corev1.PodSpec{HostNetwork: true, Containers: []corev1.Container{{
			Name:  "dns",
			Image: "none",
			Ports: []corev1.ContainerPort{{ContainerPort: 53}, {Name: "udp", ContainerPort: 53, Protocol: corev1.ProtocolUDP}},
		}}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const want = "hello from dns in solo (10.95.0.2)\n"
	for _, network := range []string{"udp", "tcp"} {
		eventually(t, "an answer by "+network, func(context.Context) error {
			conn, err := net.Dial(network, o.word.DNS.String())
			if err != nil {
				return err
			}
			defer conn.Close()
			got, err := exchange(conn, "GET / HTTP/1.0\r\n\r\n")
			if err == nil && !strings.HasSuffix(got, want) {
				err = fmt.Errorf("it says %q, want %q", got, want)
			}
			return err
		})
	}
}

func TestAnotherProcessRunsProgramsInACluster(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lab")
	o := startHelper(t, dir, "")
	if o.word.Mode == DNSOnly {
		t.Skip("needs networks of the clusters' own")
	}
	running, err := Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	stdout := os.Stdout
	os.Stdout = write
	err = running.Exec("solo", "sh", "-c", "cat /etc/resolv.conf; kubectl get nodes -o name")
	os.Stdout = stdout
	if err := errors.Join(err, write.Close()); err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(read)
	if err != nil || !strings.HasPrefix(string(said), "nameserver 10.95.0.2\n") || !strings.HasSuffix(string(said), "node/solo\n") {
		t.Errorf("a program run from another process says %q (%v), want the cluster's resolv.conf and node", said, err)
	}
	var exit *ExitError
	if err := running.Exec("solo", "sh", "-c", "exit 7"); !errors.As(err, &exit) || exit.Status != 7 {
		t.Errorf("a program that ends with status 7: %v", err)
	}
	if err := running.Exec("solo", "sh", "-c", "kill -TERM $$"); !errors.As(err, &exit) || exit.Status != 128+15 {
		t.Errorf("a program that a signal ends: %v, want status 143", err)
	}
	if err := running.Exec("nowhere", "true"); err == nil || !strings.Contains(err.Error(), `there is no cluster "nowhere"`) {
		t.Errorf("a cluster that does not exist: %v", err)
	}
	if err := running.Exec("solo", "no-such-program"); err == nil || !strings.Contains(err.Error(), `finding "no-such-program"`) {
		t.Errorf("a program that does not exist: %v", err)
	}
}

func TestStopEndsEveryGoroutine(t *testing.T) {
	if testing.Short() {
		t.Skip("starts control planes; left out under -short")
	}
	if !alone(t) {
		return
	}
	before := goleak.IgnoreCurrent()
	l, err := Start(t.Context(), Config{Clusters: []string{"brief"}, Outside: true})
	if err != nil {
		t.Fatal(err)
	}
	dir := l.Dir()
	if err := l.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the directory is left: %v", err)
	}
	if n, err := processesWith(dir); err != nil || n != 0 {
		t.Errorf("%d processes are left (%v)", n, err)
	}
	if err := l.Stop(); err != nil {
		t.Errorf("stopping it again: %v", err)
	}
	if err := l.clusters[0].space.Do(func() error { return nil }); !errors.Is(err, netspace.ErrClosed) {
		t.Errorf("working in a stopped cluster: %v, want %v", err, netspace.ErrClosed)
	}
	goleak.VerifyNone(t, before)
}

func TestStartSaysWhyItCannot(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "k8s")
	if err := os.WriteFile(broken, []byte("#!/bin/sh\necho $1 is broken\nexit 3\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(t.TempDir(), "k8s")
	if err := os.WriteFile(half, []byte("#!/bin/sh\ntest $1 = etcd || exec sleep 3600\necho the disk is full\nexit 4\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	inUse := t.TempDir()
	home, err := moveIn(inUse)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := home.moveOut(false); err != nil {
			t.Error(err)
		}
	}()
	east := []string{"east"}
	for _, tc := range []struct {
		name   string
		config Config
		want   []string
	}{
		{"the components are not built", Config{Binary: "/nonexistent/k8s", Clusters: east}, []string{"there is no /nonexistent/k8s; build it with: make lab"}},
		{"the components are no program", Config{Binary: "/etc/passwd", Clusters: east}, []string{"/etc/passwd is not a program"}},
		{"no cluster is named", Config{Binary: broken}, []string{"planning 0 clusters: between 1 and 64 fit"}},
		{"a name is no DNS name", Config{Binary: broken, Clusters: []string{"East_1"}}, []string{`planning cluster "East_1"`}},
		{"another lab lives in the directory", Config{Binary: broken, Clusters: east, Dir: inUse}, []string{"in which another lab seems to run"}},
		{"a component ends at once", Config{Binary: broken, Clusters: east}, []string{`cluster "east"`, ": it ended by itself, exit status 3", "the end of", " is broken"}},
		{"a component that another waits for ends", Config{Binary: half, Clusters: east}, []string{`starting kube-apiserver in cluster "east"`, "running etcd: it ended by itself, exit status 4", "the disk is full"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, err := Start(t.Context(), tc.config)
			if err == nil {
				t.Fatal("it started", l.Stop())
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not say %q:\n%v", want, err)
				}
			}
		})
	}
}
