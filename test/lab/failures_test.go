package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestAComponentComesBackWithItsData(t *testing.T) {
	l := sharedLab(t)
	for _, tc := range []struct {
		name string
		end  func(c *Cluster, component string) error
	}{
		{"stopped", func(c *Cluster, component string) error { return c.StopComponent(t.Context(), component) }},
		{"killed", (*Cluster).KillComponent},
	} {
		for _, component := range []string{APIServer, Etcd} {
			t.Run(component+" "+tc.name, func(t *testing.T) {
				west := l.Cluster("west")
				namespace := newNamespace(t, west)
				_, err := west.Client().CoreV1().ConfigMaps(namespace).Create(t.Context(), &corev1.ConfigMap{
					ObjectMeta: metav1.ObjectMeta{Name: "kept"},
				}, metav1.CreateOptions{})
				if err != nil {
					t.Fatal(err)
				}
				if err := tc.end(west, component); err != nil {
					t.Fatal(err)
				}
				short, cancel := context.WithTimeout(t.Context(), 2*time.Second)
				defer cancel()
				if _, err := west.Client().CoreV1().ConfigMaps(namespace).Get(short, "kept", metav1.GetOptions{}); err == nil {
					t.Errorf("the API answers without %s", component)
				}
				if err := west.StartComponent(t.Context(), component); err != nil {
					t.Fatal(err)
				}
				eventually(t, "the object is there again", func(ctx context.Context) error {
					_, err := west.Client().CoreV1().ConfigMaps(namespace).Get(ctx, "kept", metav1.GetOptions{})
					return err
				})
			})
		}
	}
}

func TestPodsGoOnWhileTheirAPIServerIsAway(t *testing.T) {
	l := sharedLab(t)
	needNamespaces(t, l)
	west := l.Cluster("west")
	namespace := newNamespace(t, west)
	createService(t, west, namespace, "")
	createDeployment(t, west, namespace, 1)
	ready := awaitReady(t, west, namespace, 1)
	if err := west.KillComponent(APIServer); err != nil {
		t.Fatal(err)
	}
	if _, err := get(t.Context(), west, "http://"+net.JoinHostPort(ready[0], "8080")+"/"); err != nil {
		t.Errorf("the pod went with the API server: %v", err)
	}
	if err := west.StartComponent(t.Context(), APIServer); err != nil {
		t.Fatal(err)
	}
	annotate(t, west, namespace, onlyPod(t, west, namespace).Name, `"false"`)
	awaitReady(t, west, namespace, 0)
}

func TestAPartitionCutsAClusterOffAndNothingElse(t *testing.T) {
	l := sharedLab(t)
	needNamespaces(t, l)
	east, west := l.Cluster("east"), l.Cluster("west")
	namespace := newNamespace(t, east)
	s := createService(t, east, namespace, "")
	createDeployment(t, east, namespace, 1)
	pod := "http://" + net.JoinHostPort(awaitReady(t, east, namespace, 1)[0], "8080") + "/"
	reach := func(ctx context.Context, from *Cluster, url string) error {
		_, err := get(ctx, from, url)
		return err
	}
	if err := reach(t.Context(), west, pod); err != nil {
		t.Fatalf("before: %v", err)
	}
	if err := east.Partition(true); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if err := reach(short, west, pod); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("from west while cut off: %v, want silence until the deadline", err)
	}
	if err := reach(t.Context(), east, pod); err != nil {
		t.Errorf("from east itself while cut off: %v", err)
	}
	if !strings.HasPrefix(l.Traffic(), "none") {
		eventually(t, "the ClusterIP inside east while cut off", func(ctx context.Context) error {
			return reach(ctx, east, "http://"+net.JoinHostPort(s.Spec.ClusterIP, "80")+"/")
		})
	}
	if _, err := east.Client().CoreV1().Nodes().List(t.Context(), metav1.ListOptions{}); err != nil {
		t.Errorf("the API for this process while cut off: %v", err)
	}
	if err := east.Partition(false); err != nil {
		t.Fatal(err)
	}
	eventually(t, "west reaches east again", func(ctx context.Context) error { return reach(ctx, west, pod) })
}

func TestAKilledClusterComesBackWithItsPods(t *testing.T) {
	l := sharedLab(t)
	needNamespaces(t, l)
	east, west := l.Cluster("east"), l.Cluster("west")
	namespace := newNamespace(t, east)
	createService(t, east, namespace, "")
	createDeployment(t, east, namespace, 2)
	ready := awaitReady(t, east, namespace, 2)
	sleeper, err := east.Run(t.Context(), "sleeper", []string{"sleep", "3600"})
	if err != nil {
		t.Fatal(err)
	}

	east.Kill()
	select {
	case <-sleeper.Done():
	default:
		t.Error("a program that Run started outlived its cluster")
	}
	for _, address := range ready {
		if _, err := get(t.Context(), west, "http://"+net.JoinHostPort(address, "8080")+"/"); err == nil {
			t.Errorf("%s answers although its cluster is dead", address)
		}
	}
	if err := east.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, address := range ready {
		eventually(t, "pod "+address+" is back", func(ctx context.Context) error {
			_, err := get(ctx, west, "http://"+net.JoinHostPort(address, "8080")+"/")
			return err
		})
	}
	if after := awaitReady(t, east, namespace, 2); fmt.Sprint(after) != fmt.Sprint(ready) {
		t.Errorf("pods came back at %v, want %v", after, ready)
	}
}

func TestAClusterWhoseStoreWasEmptiedComesBackEmpty(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a control plane; left out under -short")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	l, err := Start(ctx, Config{Clusters: []string{"lone"}}) // of its own: what the others share has data
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.Stop(); err != nil {
			t.Error(err)
		}
	}()
	lone := l.Cluster("lone")
	empty := func() {
		t.Helper()
		if err := os.RemoveAll(filepath.Join(lone.Dir(), "etcd")); err != nil {
			t.Fatal(err)
		}
		if err := lone.Restart(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := lone.Client().CoreV1().Nodes().Get(ctx, "lone", metav1.GetOptions{}); err != nil {
			t.Errorf("the node after the restart: %v", err)
		}
	}

	lone.Kill()
	empty()
	served := createService(t, lone, metav1.NamespaceDefault, "")
	createDeployment(t, lone, metav1.NamespaceDefault, 1)
	awaitReady(t, lone, metav1.NamespaceDefault, 1)
	if !strings.HasPrefix(l.Traffic(), "none") {
		eventually(t, "a ClusterIP leads to its pod", func(ctx context.Context) error {
			_, err := get(ctx, lone, "http://"+net.JoinHostPort(served.Spec.ClusterIP, "80")+"/")
			return err
		})
	}

	for _, name := range slices.Backward(startOrder) { // the pods stay
		if lone.Component(name) != nil {
			if err := lone.KillComponent(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	empty()
}

func TestAComponentThatEndsByItselfIsReported(t *testing.T) {
	l := sharedLab(t)
	east := l.Cluster("east")
	if err := syscall.Kill(east.Component(ControllerManager).Pid(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-l.Failures():
		for _, want := range []string{`"east"`, ControllerManager, "signal: killed", "the end of " + east.Dir()} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("the report does not say %q: %v", want, err)
			}
		}
	case <-time.After(patience):
		t.Fatal("nobody noticed")
	}
	if err := east.StartComponent(t.Context(), ControllerManager); err != nil {
		t.Fatal(err)
	}
}

func TestComponentsRefuseWhatMakesNoSense(t *testing.T) {
	l := sharedLab(t)
	east := l.Cluster("east")
	for _, tc := range []struct {
		name string
		do   func() error
		want string
	}{
		{"starting what runs", func() error { return east.StartComponent(t.Context(), Etcd) }, `starting etcd in cluster "east": it is running`},
		{"starting what does not exist", func() error { return east.StartComponent(t.Context(), "kubelet") }, `starting "kubelet" in cluster "east": there is no such component`},
		{"stopping what does not exist", func() error { return east.StopComponent(t.Context(), "kubelet") }, `finding "kubelet" in cluster "east": it was never started`},
		{"killing what does not exist", func() error { return east.KillComponent("kubelet") }, `finding "kubelet" in cluster "east": it was never started`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := tc.do(); err == nil || err.Error() != tc.want {
				t.Errorf("error %v, want %s", err, tc.want)
			}
		})
	}
}
