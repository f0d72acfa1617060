package join

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/install"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

func encode(content []byte) string { return base64.StdEncoding.EncodeToString(content) }

// await waits until the member gives a sign of life on the hub - a renewal seen by us, whatever its clock says - and until all pods of its
// Deployments are of this join and available: an earlier version that still runs is no sign that this one does. However short the wait,
// it looks once: what nobody has looked at is not said to be lacking.
func (j *joining) await(ctx context.Context) (string, error) {
	if j.options.wait == 0 || j.options.run == runProcesses {
		return "", nil
	}
	first, seen := j.handedOver, !j.handedOver.IsZero()
	heard := false
	var deployments []*appsv1.Deployment
	var last error
	err := until(ctx, j.options.wait, func(ctx context.Context) (bool, error) {
		lease, err := j.lease(ctx)
		var now []*appsv1.Deployment
		if err == nil {
			now, err = j.deployments(ctx)
		}
		if last = err; err != nil {
			return false, nil
		}
		deployments = now
		switch {
		case lease == nil || membership.Holder(lease) != j.parties.uid:
		case !seen: // one that was there when we looked first may be an old one, and one that was handed over is
			seen, first = true, membership.Renewed(lease)
			heard = membership.Renewed(lease).After(j.begun)
		case !membership.Renewed(lease).Equal(first):
			heard = true
		}
		return heard && !slices.ContainsFunc(deployments, late), nil
	})
	switch {
	case err == nil:
		return fmt.Sprintf("%s is up with all its pods, and renews its Lease on the hub", j.parties.id), nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	case last != nil:
		return "", exit.CannotTell(last)
	}
	return "", exit.Problem(fmt.Errorf("%q is not up after %v: %s", j.parties.id, j.options.wait, strings.Join(j.missing(ctx, heard, deployments), "; and ")))
}

// missing are the things that a member which is not up lacks, each with its reason.
func (j *joining) missing(ctx context.Context, heard bool, deployments []*appsv1.Deployment) []string {
	var found []string
	if !heard {
		found = append(found, "it has not given a sign of life on the hub")
	}
	for _, d := range deployments {
		switch {
		case late(d):
			found = append(found, fmt.Sprintf("Deployment %s %s: %s", client.ObjectKeyFromObject(d), rollout(d), j.whyNot(ctx, d)))
		case !heard && d.Name == manifests.ControllerDeployment:
			found[0] += ": " + j.whyNot(ctx, d)
		}
	}
	return found
}

// finish says what came of it and what comes next.
func (j *joining) finish(ctx context.Context) error {
	p := j.parties
	if j.options.run == runProcesses {
		return j.processes(ctx)
	}
	if j.screen.Structured() {
		return j.screen.Object(map[string]any{"id": p.id, "context": p.member.Context, "hub": p.hub.Context, "changes": install.Counts(j.changes)})
	}
	if install.Wrote(j.changes) {
		j.screen.Printf("done      in %s\n", took(j.begun))
	} else {
		j.screen.Printf("done      %s was a member already, nothing has changed\n", p.id)
	}
	switch manifests.DNS(j.options.dns) {
	case manifests.DNSBeside:
		j.screen.Printf("next      mcsctl corefile patch --context %s    (pods there ask our DNS server for clusterset.local)\n", p.member.Context)
	case manifests.DNSNone:
		j.screen.Printf("next      have a CoreDNS with the multicluster plugin answer clusterset.local in %s\n", p.member.Context)
	}
	return nil
}

var errNoCredential = errors.New("the hub has no credential of this member yet: join first, or render without --show-secrets")
