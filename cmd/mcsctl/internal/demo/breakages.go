package demo

import (
	"context"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
	"github.com/multicluster-dns/multicluster-dns/test/why/breaking"
)

// breakage is one way to break the running demo on purpose. In its texts {east} is the member that exports and {west} one that
// imports, whatever they are called.
type breakage struct {
	name string
	// what says in a sentence what is broken, and cause is the id that `mcsctl why` then gives; "" where names go on resolving.
	what, cause string
	// takes says how long until it shows, "" for at once.
	takes string
	do    func(context.Context, *running) error
	// mend takes it back; nil for what heals by itself.
	mend func(context.Context, *running) error
}

var breakages = []breakage{
	{
		name: "namespace", cause: "MCS-003", what: "the namespace shop of {west} is deleted",
		do:   func(ctx context.Context, r *running) error { return breaking.Namespace(ctx, r.west, "shop") },
		mend: func(ctx context.Context, r *running) error { return breaking.MendNamespace(ctx, r.west, "shop") },
	}, {
		name: "conflict", cause: "MCS-021", what: "{west} exports shop/checkout as well, with another port: the older export of {east} wins",
		do: func(ctx context.Context, r *running) error {
			return breaking.Conflict(ctx, r.west, "shop", "checkout", 8080)
		},
		mend: func(ctx context.Context, r *running) error {
			return breaking.MendConflict(ctx, r.west, "shop", "checkout")
		},
	}, {
		name: "pods", cause: "MCS-005", what: "shop/checkout of {east} is scaled to no pods: its address stays and leads nowhere",
		do:   func(ctx context.Context, r *running) error { return scale(ctx, r.east, 0) },
		mend: func(ctx context.Context, r *running) error { return scale(ctx, r.east, 3) },
	}, {
		name: "rbac", cause: "MCS-011", what: "the DNS server of {west} loses its right to read imports; what it has read it still answers",
		do:   func(ctx context.Context, r *running) error { return breaking.Rights(ctx, r.west) },
		mend: func(ctx context.Context, r *running) error { return breaking.MendMember(ctx, r.west) },
	}, {
		name: "crd", cause: "MCS-010", what: "the definition of ServiceImport is deleted in {west}, and with it every import there",
		do:   func(ctx context.Context, r *running) error { return breaking.Definitions(ctx, r.west) },
		mend: func(ctx context.Context, r *running) error { return breaking.MendMember(ctx, r.west) },
	}, {
		name: "corefile", cause: "MCS-012", what: "the plugin multicluster is taken out of the Corefile of {west}", takes: "in a few seconds",
		do: func(ctx context.Context, r *running) error {
			return breaking.Corefile(ctx, r.west, breaking.WithoutZone)
		},
		mend: func(ctx context.Context, r *running) error {
			return breaking.Corefile(ctx, r.west, func(string) string { return clusterset.DefaultCorefile })
		},
	}, {
		name: "shadow", cause: "MCS-013", what: "the Corefile of {west} gets a block that answers for every service in place of multicluster", takes: "in a few seconds",
		do: func(ctx context.Context, r *running) error {
			return breaking.Corefile(ctx, r.west, func(text string) string { return text + breaking.ShadowingBlock })
		},
		mend: func(ctx context.Context, r *running) error {
			return breaking.Corefile(ctx, r.west, func(string) string { return clusterset.DefaultCorefile })
		},
	}, {
		name: "partition", cause: "MCS-026", what: "{west} is cut off from all other clusters: its imports stay as they are", takes: "in about a minute",
		do:   func(_ context.Context, r *running) error { return r.inside(r.west, insideCut) },
		mend: func(_ context.Context, r *running) error { return r.inside(r.west, insideJoin) },
	}, {
		name: "silence", cause: "MCS-007", what: "the controller of {east} is stopped, as a process that hangs: no sign of life comes from it", takes: "in about a minute",
		do:   func(_ context.Context, r *running) error { return r.inside(r.east, insideStop) },
		mend: func(_ context.Context, r *running) error { return r.inside(r.east, insideContinue) },
	}, {
		name: "restart", what: "the controller and the DNS server of {west} are killed; they come back by themselves, and nothing is lost",
		do: func(_ context.Context, r *running) error { return r.inside(r.west, insideKill) },
	},
}

// running is a demo that another process runs.
type running struct {
	lab        *lab.Running
	east, west *kube.Cluster
	dir        string
}

// attach finds the demo that runs in a directory.
func attach(dir string) (*running, error) {
	found, err := lab.Find(dir)
	if err != nil {
		return nil, noDemo(dir, err)
	}
	if len(found.Clusters) < 3 || found.Kubeconfig == "" {
		return nil, fmt.Errorf("what runs in %s is not a demo: it has the clusters %q", dir, found.Clusters)
	}
	config, err := (&kube.Flags{Kubeconfig: found.Kubeconfig}).Load()
	if err != nil {
		return nil, err
	}
	r := &running{lab: found, dir: dir}
	if r.east, err = config.Cluster(found.Clusters[0]); err != nil {
		return nil, err
	}
	r.west, err = config.Cluster(found.Clusters[1])
	return r, err
}

// say fills in the names of the members.
func (r *running) say(text string) string {
	return strings.NewReplacer("{east}", r.east.Context, "{west}", r.west.Context).Replace(text)
}

// scale sets the number of checkout's pods.
func scale(ctx context.Context, c client.Client, replicas int) error {
	deployment := &appsv1.Deployment{}
	deployment.Namespace, deployment.Name = "shop", "checkout"
	patch := fmt.Sprintf(`{"spec":{"replicas":%d}}`, replicas)
	if err := c.Patch(ctx, deployment, client.RawPatch(types.MergePatchType, []byte(patch))); err != nil {
		return fmt.Errorf("scaling Deployment shop/checkout: %w", err)
	}
	return nil
}
