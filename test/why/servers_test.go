package why

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
	"github.com/multicluster-dns/multicluster-dns/test/why/breaking"
)

// edit changes west's Corefile and brings it to its DNS server.
func edit(ctx context.Context, change func(string) string) error {
	if err := breaking.Corefile(ctx, west().Client, change); err != nil {
		return err
	}
	return west().FollowCorefile(ctx)
}

// withBlock is an edit that adds a block.
func withBlock(block string) func(context.Context, string) error {
	return func(ctx context.Context, _ string) error {
		return edit(ctx, func(text string) string { return text + block })
	}
}

// plain is an edit that puts the Corefile back as it was.
func plain(ctx context.Context, _ string) error {
	return edit(ctx, func(string) string { return clusterset.DefaultCorefile })
}

// second is another DNS server in west, and how it is asked.
type second struct {
	port    int
	process *lab.Process
}

func (s *second) address() string {
	return fmt.Sprintf("%s:%d", west().Cluster.Node(), s.port)
}

// start starts it with a Corefile, in which {here} is its address, {own} that of west's own server and {file} a directory of files.
func (s *second) start(ctx context.Context, corefile string) error {
	if s.process != nil {
		s.process.Kill()
	}
	text := strings.NewReplacer("{here}", west().Cluster.Node().String(), "{port}", fmt.Sprint(s.port), "{own}", west().Cluster.DNS().String(), "{file}", west().Cluster.Dir()).Replace(corefile)
	file := filepath.Join(west().Cluster.Dir(), fmt.Sprintf("Corefile.%d", s.port))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	var err error
	s.process, err = west().Cluster.Run(ctx, fmt.Sprintf("coredns-%d", s.port), []string{filepath.Join(filepath.Dir(lab.DefaultBinary()), "coredns"), "-conf", file})
	return err
}

// asked are the arguments of why that ask it.
func (s *second) asked() string { return name + fromWest + " --dns {" + fmt.Sprint(s.port) + "}" }

var (
	cache  = &second{port: 5301}
	alien  = &second{port: 5302}
	unread = &second{port: 5303}
	nobody = &second{port: 5304}
)

// serverRows break what lies between the asker and the API, which is one for all of west: one at a time.
var serverRows = []row{
	{cause: "MCS-010", how: "the definition of ServiceImport is deleted", set: offers, ask: name + fromWest,
		breaks: func(ctx context.Context, _ string) error { return breaking.Definitions(ctx, west().Client) },
		fix:    "kubectl --context west apply -k manifests/crds/member"},
	{cause: "MCS-011", how: "the binding of the DNS server's rights is deleted", set: offers, ask: name + fromWest,
		breaks: func(ctx context.Context, _ string) error { return breaking.Rights(ctx, west().Client) },
		fix:    "kubectl --context west apply -f manifests/coredns/rbac.yaml"},
	{cause: "MCS-012", how: "the plugin is taken out of the Corefile", set: offers, ask: name + fromWest,
		breaks: func(ctx context.Context, _ string) error { return edit(ctx, breaking.WithoutZone) },
		fix:    "mcsctl corefile patch --context west --plugin", heal: plain},
	{cause: "MCS-013", how: "another block answers for the services", set: offers, ask: name + fromWest, breaks: withBlock(breaking.ShadowingBlock),
		fix: "take it out: kubectl --context west -n kube-system edit configmap coredns", why: "an editor was played", play: plain, heal: plain},
	{cause: "MCS-015", how: "a cache on the way keeps what it once heard", ask: cache.asked(), well: "-",
		breaks: func(ctx context.Context, ns string) error {
			// It hears NXDOMAIN while nothing is exported, and keeps it for a minute at least.
			err := cache.start(ctx, ".:{port} {\n    bind {here}\n    forward . {own}\n    cache 3600 {\n        denial 9984 3600 60\n    }\n}\n")
			if err != nil {
				return err
			}
			if err := until(ctx, func() error {
				e, err := why(ctx, row{}.in(name+fromWest+" --dns {5301}", ns))
				if err == nil && e.Cause != nil && e.Cause.ID == "MCS-002" {
					return nil
				}
				return errors.Join(err, fmt.Errorf("the cache does not answer NXDOMAIN yet:\n%s", e))
			}); err != nil {
				return err
			}
			return offers(ctx, ns)
		},
		fix: "kubectl --context west -n kube-system rollout restart daemonset node-local-dns", why: "the cache is a process here",
		play: func(ctx context.Context, _ string) error {
			return cache.start(ctx, ".:{port} {\n    bind {here}\n    forward . {own}\n    cache 3600\n}\n")
		}},
	{cause: "MCS-016", how: "a server is asked that does not serve the zone", set: offers, ask: alien.asked(), well: "-",
		breaks: func(ctx context.Context, _ string) error {
			return alien.start(ctx, ".:{port} {\n    bind {here}\n    template ANY ANY {\n        rcode NXDOMAIN\n    }\n}\n")
		},
		fix: "have {5302} forward clusterset.local to this cluster's DNS server, or ask that one", why: "that server's configuration was played",
		play: func(ctx context.Context, _ string) error {
			return alien.start(ctx, "clusterset.local:{port} {\n    bind {here}\n    forward . {own}\n}\n")
		}},
	{cause: "MCS-020", how: "a domain of the search list has every name", set: offers, ask: name + fromWest,
		breaks: withBlock("default.svc.cluster.local:53 {\n    template IN A {\n        answer \"{{ .Name }} 60 IN A 192.0.2.1\"\n    }\n}\n"),
		fix:    "mcsctl why " + name + ". --from west", after: "fix", heal: plain},
	{cause: "MCS-031", how: "a server is asked that cannot reach its API server", set: offers, ask: unread.asked(), well: "-",
		breaks: func(ctx context.Context, _ string) error {
			return unread.start(ctx, ".:{port} {\n    bind {here}\n    multicluster clusterset.local {\n        endpoint https://127.0.0.1:1\n        startup_timeout 0s\n    }\n}\n")
		},
		fix: "kubectl --context west -n kube-system rollout restart deployment coredns", why: "the server is a process here",
		play: func(ctx context.Context, _ string) error {
			return unread.start(ctx, ".:{port} {\n    bind {here}\n    multicluster clusterset.local {\n        kubeconfig {file}/coredns.kubeconfig\n    }\n}\n")
		}},
	{cause: "MCS-032", how: "nothing listens where it is asked", set: offers, ask: nobody.asked(), well: "-",
		fix: "kubectl --context west -n kube-system get pods -l k8s-app=kube-dns", why: "the server is a process here",
		play: func(ctx context.Context, _ string) error {
			return nobody.start(ctx, ".:{port} {\n    bind {here}\n    forward . {own}\n}\n")
		}},
	{cause: "MCS-034", how: "the Corefile limits the namespaces", set: offers, ask: name + fromWest,
		breaks: func(ctx context.Context, _ string) error {
			return edit(ctx, func(text string) string {
				return strings.Replace(text, "multicluster clusterset.local\n", "multicluster clusterset.local {\n        namespaces default\n    }\n", 1)
			})
		},
		fix: "take it out: kubectl --context west -n kube-system edit configmap coredns", why: "an editor was played", play: plain, heal: plain},
}

// until asks until got returns nil or ctx ends.
func until(ctx context.Context, got func() error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := got()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// follow brings west's Corefile to its server for as long as the rows take, as a kubelet does after a fix.
func follow(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(500 * time.Millisecond):
				_ = west().FollowCorefile(ctx) // what cannot be read now is read later
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
}
