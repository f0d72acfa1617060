package lab

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestAServiceAccountMayDoWhatRBACGrantsAndNoMore(t *testing.T) {
	l := sharedLab(t)
	east, west := l.Cluster("east"), l.Cluster("west")
	namespace := newNamespace(t, east)
	if _, err := east.Client().CoreV1().ServiceAccounts(namespace).Create(t.Context(), &corev1.ServiceAccount{
		ObjectMeta: metav1.ObjectMeta{Name: "reader"},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := east.ServiceAccountKubeconfig(t.Context(), namespace, "reader", file); err != nil {
		t.Fatal(err)
	}
	// From the other cluster, as a member of a clusterset would.
	list := func(what string) error {
		_, err := west.Exec(t.Context(), "kubectl", "--kubeconfig", file, "-n", namespace, "get", what)
		return err
	}
	if err := list("services"); err == nil || !strings.Contains(err.Error(), "Forbidden") {
		t.Fatalf("listing Services before anything is granted: %v, want Forbidden", err)
	}
	grant(t, east, namespace, "reader", "services")
	eventually(t, "listing Services", func(context.Context) error { return list("services") })
	if err := list("secrets"); err == nil || !strings.Contains(err.Error(), "Forbidden") {
		t.Errorf("listing Secrets, which is not granted: %v, want Forbidden", err)
	}
}

func grant(t *testing.T, c *Cluster, namespace, account, resource string) {
	t.Helper()
	rbac := c.Client().RbacV1()
	if _, err := rbac.Roles(namespace).Create(t.Context(), &rbacv1.Role{
		ObjectMeta: metav1.ObjectMeta{Name: account},
		Rules:      []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{resource}, Verbs: []string{"list"}}},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := rbac.RoleBindings(namespace).Create(t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: account},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: account},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: account}},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func TestCRDsAreServedFromTheStart(t *testing.T) {
	for _, c := range sharedLab(t).Clusters() {
		if _, err := c.Exec(t.Context(), "kubectl", "get", "widgets.lab.example.org"); err != nil {
			t.Error(err)
		}
	}
}

// The lab starts no DNS server of its own; a test's answers one name.
func TestProgramsAndConnectionsUseTheClustersDNSServer(t *testing.T) {
	l := sharedLab(t)
	needNamespaces(t, l)
	east := l.Cluster("east")
	const name = "web.shop.svc.clusterset.local."
	answer := dns.HandlerFunc(func(w dns.ResponseWriter, query *dns.Msg) {
		reply := new(dns.Msg).SetReply(query)
		switch q := query.Question[0]; {
		case q.Name != name:
			reply.Rcode = dns.RcodeNameError
		case q.Qtype == dns.TypeA:
			reply.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.IP(east.Node().AsSlice())}}
		}
		_ = w.WriteMsg(reply)
	})
	conn, err := east.space.ListenPacket(t.Context(), east.DNS())
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{PacketConn: conn, Handler: answer}
	served := make(chan error, 1)
	go func() { served <- server.ActivateAndServe() }()
	defer func() {
		if err := errors.Join(server.Shutdown(), <-served); err != nil {
			t.Error(err)
		}
	}()

	out, err := east.Exec(t.Context(), "getent", "hosts", "web.shop.svc.clusterset.local")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(string(out)); len(got) != 2 || got[0] != east.Node().String() {
		t.Errorf("a program in the cluster resolves the name to %q, want %s", out, east.Node())
	}
	connected, err := east.DialContext(t.Context(), "tcp", net.JoinHostPort(name, "6443"))
	if err != nil {
		t.Fatal(err)
	}
	if err := connected.Close(); err != nil {
		t.Error(err)
	}
	if _, err := east.DialContext(t.Context(), "tcp", "nobody.shop.svc.clusterset.local.:6443"); err == nil || !strings.Contains(err.Error(), "no such host") {
		t.Errorf("dialing a name that does not exist: %v, want no such host", err)
	}
}

func TestExecSaysWhatWentWrong(t *testing.T) {
	l := sharedLab(t)
	east := l.Cluster("east")
	for _, tc := range []struct {
		name   string
		within time.Duration
		argv   []string
		want   string
	}{
		{"a program that fails", patience, []string{"sh", "-c", "echo no good >&2; exit 3"}, `running "sh" in cluster "east": exit status 3: no good`},
		{"a program that is not there", patience, []string{"no-such-program"}, `running a program in cluster "east": finding "no-such-program": executable file not found in $PATH`},
		{"no program", patience, nil, `running a program in cluster "east": none is named`},
		{"one that takes too long, and its child", 200 * time.Millisecond, []string{"sh", "-c", "sleep 3600 & wait"}, `running "sh" in cluster "east": context deadline exceeded: `},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), tc.within)
			defer cancel()
			if _, err := east.Exec(ctx, tc.argv...); err == nil || err.Error() != tc.want {
				t.Errorf("error %v, want %s", err, tc.want)
			}
		})
	}
}

func TestAProcessIsLoggedStoppedAndKilled(t *testing.T) {
	east := sharedLab(t).Cluster("east")
	script := `trap 'echo asked to end; exit 0' TERM; echo started; while :; do sleep 0.01; done`
	polite, err := east.Run(t.Context(), "polite", []string{"sh", "-c", script}, "LAB_TEST=1")
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "it runs", func(context.Context) error {
		if lines := polite.Tail(1); len(lines) == 0 || lines[0] != "started" {
			return errNotYet
		}
		return nil
	})
	if err := polite.Stop(t.Context()); err != nil {
		t.Errorf("stopping it: %v", err)
	}
	if got := polite.Tail(1); len(got) != 1 || got[0] != "asked to end" {
		t.Errorf("its last line is %q, want %q", got, "asked to end")
	}

	stubborn, err := east.Run(t.Context(), "stubborn", []string{"sh", "-c", `trap '' TERM; echo started; while :; do sleep 0.01; done`})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "it runs", func(context.Context) error {
		if len(stubborn.Tail(1)) == 0 || stubborn.Tail(1)[0] != "started" {
			return errNotYet
		}
		return nil
	})
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := stubborn.Stop(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("stopping one that does not listen: %v, want that it had to be killed", err)
	}
	select {
	case <-stubborn.Done():
	default:
		t.Error("Stop returned before it was gone")
	}
	if _, err := east.Run(t.Context(), "../escape", []string{"true"}); err == nil {
		t.Error("a name that leaves the log directory was taken")
	}
}
