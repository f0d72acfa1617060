package scenarios

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/manifests"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

// stop ends a member's controller in order, so that the next one need not wait for its leadership to end.
func (s *stage) stop(m *clusterset.Member) {
	s.Helper()
	if err := m.Controller.Stop(s.Context()); err != nil {
		s.Fatal(err)
	}
}

// restart starts a member's controller again, which a scenario has ended.
func (s *stage) restart(m *clusterset.Member) {
	s.Helper()
	if err := m.RestartController(context.Background()); err != nil {
		s.Fatal(err)
	}
}

// stopHub ends the hub's API server until what it returns is called. It is there again in any case when the scenario has failed, for those
// after it.
func (s *stage) stopHub() (back func()) {
	s.Helper()
	hub := set.Hub.Cluster
	if err := hub.StopComponent(s.Context(), lab.APIServer); err != nil {
		s.Fatal(err)
	}
	start := func() error { return hub.StartComponent(context.Background(), lab.APIServer) }
	s.Cleanup(func() {
		if s.Failed() {
			_ = start() // it may be back already
		}
	})
	return func() {
		s.Helper()
		if err := start(); err != nil {
			s.Fatal(err)
		}
	}
}

func hubKubeconfig(m *clusterset.Member) string {
	return filepath.Join(m.Cluster.Dir(), "hub.kubeconfig")
}

// second starts one more controller in cluster m, which has the id and the hub credentials of a member.
func (s *stage) second(m, identity *clusterset.Member, flags ...string) *lab.Process {
	s.Helper()
	return s.controllerAs(m, identity.ID, hubKubeconfig(identity), flags...)
}

// controllerAs starts a controller in cluster m under an id, with credentials for the hub.
func (s *stage) controllerAs(m *clusterset.Member, id, hubKubeconfig string, flags ...string) *lab.Process {
	s.Helper()
	process, err := m.Cluster.Run(s.Context(), "second-controller", append([]string{
		filepath.Join(filepath.Dir(lab.DefaultBinary()), "mcs-controller"),
		"--cluster-id=" + id,
		"--kubeconfig=" + filepath.Join(m.Cluster.Dir(), "controller.kubeconfig"),
		"--hub-kubeconfig=" + hubKubeconfig,
		"--clusterset-namespace=" + clusterset.Namespace,
		"--leader-elect-namespace=" + manifests.ControllerNamespace,
		"--health-bind-address=0", "--metrics-bind-address=0",
	}, flags...))
	if err != nil {
		s.Fatal(err)
	}
	return process
}

// written are the resourceVersions of everything in the stage's namespace of a member that a controller writes.
func (s *stage) written(m *clusterset.Member) map[string]string {
	s.Helper()
	found := map[string]string{}
	for _, list := range []client.ObjectList{
		&mcsv1beta1.ServiceImportList{}, &mcsv1beta1.ServiceExportList{}, &corev1.ServiceList{}, &discoveryv1.EndpointSliceList{},
	} {
		if err := m.Client.List(s.Context(), list, client.InNamespace(s.ns)); err != nil {
			s.Fatal(err)
		}
		items, err := meta.ExtractList(list)
		if err != nil {
			s.Fatal(err)
		}
		for _, item := range items {
			object := item.(client.Object)
			found[fmt.Sprintf("%T %s", object, object.GetName())] = object.GetResourceVersion()
		}
	}
	return found
}

func takesOver(s *stage) {
	s.offer(a(), "web")
	s.offer(b(), "web", ports("admin 9090"))
	want := plain("a", "b")
	want.Ports = []string{"http 80/TCP", "admin 9090/TCP"}
	want.Backends["b"] = []string{"admin 9090"}
	shown := func(ctx context.Context, m *clusterset.Member) error {
		if err := s.shows(ctx, m, "web", want); err != nil || m == c() {
			return err
		}
		return s.exportSays(ctx, m, "web", "Ready=True/Exported", "Conflict=True/PortConflict")
	}
	s.everywhere("imported", shown)
	before := s.written(a())
	replica := s.second(a(), a(), "--service-grace="+serviceGrace.String())
	defer s.restart(a())
	defer func() {
		if err := replica.Stop(context.Background()); err != nil {
			s.Error(err)
		}
	}()
	a().Controller.Kill()
	later := s.offer(a(), "later")
	s.everywhere("a later export shows that the replica has taken over", func(ctx context.Context, m *clusterset.Member) error {
		if err := s.shows(ctx, m, "later", plain("a")); err != nil {
			return err
		}
		return s.has(ctx, m, "later", "a", later.addresses()...)
	})
	s.everywhere("all is as it was", shown)
	after := s.written(a())
	for name := range after {
		if _, known := before[name]; !known {
			delete(after, name)
		}
	}
	if diff := cmp.Diff(before, after); diff != "" {
		s.Errorf("the replica wrote what was right (-before +after):\n%s", diff)
	}
}

// healthPort is where a controller says whether it is ready, in a network of its own.
const healthPort = "8081"

// readiness is what a member's controller answers to those who ask whether it is ready.
func readiness(ctx context.Context, m *clusterset.Member) (string, error) {
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DialContext: m.Cluster.DialContext, DisableKeepAlives: true}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(m.Cluster.Node().String(), healthPort)+"/readyz", nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", fmt.Errorf("asking %q whether it is ready: %w", m.ID, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return fmt.Sprintf("%d %s", response.StatusCode, body), err
}

func lateDefinitions(s *stage) {
	s.needs(noMetrics())
	s.offer(c(), "web")
	elsewhere := func(ctx context.Context) error { return s.shows(ctx, a(), "web", plain("c.reg1")) }
	s.eventually("imported", elsewhere)
	all, err := manifests.MemberCRDs()
	if err != nil {
		s.Fatal(err)
	}
	install := func(ctx context.Context) error { return manifests.Apply(ctx, c().Client, all...) }
	s.stop(c())
	started := false
	defer func() {
		if err := install(context.Background()); err != nil {
			s.Error(err)
		}
		if !started {
			s.restart(c())
		}
	}()
	for _, definition := range all {
		if definition.GetKind() != "CustomResourceDefinition" || !strings.HasSuffix(definition.GetName(), mcsv1beta1.GroupName) {
			continue
		}
		s.remove(c(), definition.DeepCopy())
		s.eventually(definition.GetName()+" is gone", func(ctx context.Context) error { return s.absent(ctx, c(), definition.DeepCopy()) })
	}
	if err := c().StartController(context.Background()); err != nil {
		s.Fatal(err)
	}
	started = true
	s.eventually("it says what it waits for", func(ctx context.Context) error {
		said, err := readiness(ctx, c())
		if err == nil && (!strings.HasPrefix(said, "503 ") || !strings.Contains(said, "not installed")) {
			err = fmt.Errorf("it says %q", said)
		}
		return err
	})
	s.fence("meanwhile-of-a", a(), b())
	s.now("what it exported is imported elsewhere", elsewhere)
	s.eventually("the definitions are back", install)
	s.eventually("it is ready", func(ctx context.Context) error {
		said, err := readiness(ctx, c())
		if err == nil && !strings.HasPrefix(said, "200 ") {
			err = fmt.Errorf("it says %q", said)
		}
		return err
	})
	select {
	case <-c().Controller.Done():
		s.Error("it has ended meanwhile")
	default:
	}
	s.offer(c(), "again")
	s.everywhere("it exports and imports", func(ctx context.Context, m *clusterset.Member) error {
		return s.shows(ctx, m, "again", plain("c.reg1"))
	})
	s.eventually("what its administrator deleted with the definitions is withdrawn", func(ctx context.Context) error {
		return s.notImported(ctx, a(), "web")
	})
}
