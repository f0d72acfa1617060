package join_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/credential"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/hubadmin"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/join"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
	"github.com/multicluster-dns/multicluster-dns/manifests"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

// id is under what the cluster of context "west" joins: another name than the context's, which nothing may be taken for.
const id = "blue"

// patience bounds waits of the tests; one that succeeds takes seconds at most.
const patience = 3 * time.Minute

// clusters are the two of all tests, a hub and west, started by the first that needs them. Each test takes out what joined, and leaves the
// hub and the definitions.
var clusters = struct {
	sync.Once
	lab *lab.Lab
	err error
}{}

func TestMain(m *testing.M) {
	flag.Parse()
	if !testing.Short() {
		if _, err := lab.Enter(); err != nil {
			fmt.Fprintln(os.Stderr, "join:", err)
			os.Exit(1)
		}
	}
	ctrllog.SetLogger(logr.Discard())
	status := m.Run()
	if clusters.lab != nil {
		if err := clusters.lab.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "join:", err)
			status = 1
		}
	}
	os.Exit(status)
}

// stage is what one test works with.
type stage struct {
	t          *testing.T
	faults     *faults
	kubeconfig string
	servers    map[string]string // URLs of the doors, by context
	hub, west  client.Client     // as the test sees them, whatever fails
}

func newStage(t *testing.T) *stage {
	t.Helper()
	if testing.Short() {
		t.Skip("starts control planes; left out under -short")
	}
	clusters.Do(func() {
		clusters.lab, clusters.err = lab.Start(context.Background(), lab.Config{Clusters: []string{"hub", "west"}})
	})
	if clusters.err != nil {
		t.Fatal(clusters.err)
	}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, mcsv1beta1.Install, membership.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	s := &stage{t: t, faults: &faults{}, kubeconfig: filepath.Join(t.TempDir(), "kubeconfig"), servers: map[string]string{}}
	config := clientcmdapi.NewConfig()
	for _, cluster := range clusters.lab.Clusters() {
		name := cluster.Name()
		server, certificate := s.faults.door(t, cluster.Config())
		s.servers[name] = server
		config.Clusters[name] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: certificate}
		config.Contexts[name] = &clientcmdapi.Context{Cluster: name}
		c, err := client.New(cluster.Config(), client.Options{Scheme: scheme})
		if err != nil {
			t.Fatal(err)
		}
		if name == "hub" {
			s.hub = c
		} else {
			s.west = c
		}
	}
	if err := clientcmd.WriteToFile(*config, s.kubeconfig); err != nil {
		t.Fatal(err)
	}
	return s
}

// said is what a command printed, and how it ended.
type said struct {
	out, notes string
	status     int
	err        error
}

// run runs a command as its user does, in this process.
func (s *stage) run(args ...string) said {
	s.t.Helper()
	root := &cobra.Command{Use: "mcsctl", SilenceUsage: true, SilenceErrors: true}
	root.AddCommand(join.Command(), join.LeaveCommand(), hubadmin.HubCommand(), hubadmin.TokenCommand())
	var out, notes bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&notes)
	root.SetArgs(append(args, "--kubeconfig="+s.kubeconfig))
	err := root.ExecuteContext(s.t.Context())
	return said{out: out.String(), notes: notes.String(), status: exit.Status(err), err: err}
}

// must runs a command that ends well and prints all of these.
func (s *stage) must(command string, prints ...string) said {
	s.t.Helper()
	r := s.run(strings.Fields(command)...)
	if r.err != nil {
		s.t.Fatalf("mcsctl %s: %v\n%s%s", command, r.err, r.out, r.notes)
	}
	for _, text := range prints {
		if !strings.Contains(r.out+r.notes, text) {
			s.t.Errorf("mcsctl %s does not print %q:\n%s%s", command, text, r.out, r.notes)
		}
	}
	return r
}

// refused runs a command that ends with a status and says all of these.
func (s *stage) refused(status int, command string, says ...string) {
	s.t.Helper()
	r := s.run(strings.Fields(command)...)
	if r.status != status || r.err == nil {
		s.t.Fatalf("mcsctl %s ends with %d, want %d: %v\n%s%s", command, r.status, status, r.err, r.out, r.notes)
	}
	for _, text := range says {
		if !strings.Contains(r.notes+r.err.Error(), text) {
			s.t.Errorf("mcsctl %s does not say %q:\n%s%v", command, text, r.notes, r.err)
		}
	}
}

// there says whether an object is in a cluster, not counting one that is being deleted.
func (s *stage) there(c client.Client, object client.Object) bool {
	s.t.Helper()
	err := c.Get(s.t.Context(), client.ObjectKeyFromObject(object), object)
	if apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
		return false
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return object.GetDeletionTimestamp() == nil
}

func (s *stage) create(c client.Client, objects ...client.Object) {
	s.t.Helper()
	for _, object := range objects {
		if err := c.Create(s.t.Context(), object); err != nil {
			s.t.Fatal(err)
		}
		s.t.Cleanup(func() {
			if err := client.IgnoreNotFound(c.Delete(context.Background(), object)); err != nil && !meta.IsNoMatchError(err) {
				s.t.Error(err)
			}
		})
	}
}

// credential is the member's on the hub; "" for none.
func (s *stage) credential() string {
	object := credential.Secret(manifests.DefaultClustersetNamespace, id)
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: object.GetNamespace(), Name: object.GetName()}}
	if !s.there(s.hub, secret) {
		return ""
	}
	return string(secret.Data[corev1.ServiceAccountTokenKey])
}

// given is the credential that west has for the hub; "" for none.
func (s *stage) given() string {
	s.t.Helper()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: manifests.ControllerNamespace, Name: manifests.HubSecret}}
	if !s.there(s.west, secret) {
		return ""
	}
	config, err := clientcmd.RESTConfigFromKubeConfig(secret.Data[manifests.HubSecretKey])
	if err != nil {
		s.t.Fatal(err)
	}
	return config.BearerToken
}

func uid(t *testing.T, c client.Client) string {
	t.Helper()
	found, err := membership.ReadKubeSystemUID(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// lives has a cluster give a sign of life under the id, so long ago.
func (s *stage) lives(holder string, ago time.Duration) {
	s.t.Helper()
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: membership.HubNamespace(id), Name: membership.LeaseName}}
	write := s.hub.Create
	if s.there(s.hub, lease) {
		write = func(ctx context.Context, o client.Object, _ ...client.CreateOption) error {
			return s.hub.Update(ctx, o)
		}
	}
	lease.Spec.HolderIdentity = &holder
	lease.Spec.RenewTime = ptr.To(metav1.NewMicroTime(time.Now().Add(-ago)))
	if err := write(s.t.Context(), lease); err != nil {
		s.t.Fatal(err)
	}
}

// holds is the UID of the cluster that holds the id.
func (s *stage) holds() string {
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: membership.HubNamespace(id), Name: membership.LeaseName}}
	if !s.there(s.hub, lease) {
		return ""
	}
	return ptr.Deref(lease.Spec.HolderIdentity, "")
}
