package join

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/install"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

func encode(content []byte) string { return base64.StdEncoding.EncodeToString(content) }

// holder is the UID of the kube-system namespace of the cluster that renews a Lease.
func holder(lease *coordinationv1.Lease) string { return ptr.Deref(lease.Spec.HolderIdentity, "") }

// renewed is when a Lease was last renewed.
func renewed(lease *coordinationv1.Lease) time.Time {
	return ptr.Deref(lease.Spec.RenewTime, metav1.MicroTime{}).Time
}

// await waits until the member gives a sign of life on the hub: a renewal seen by us, whatever its clock says.
func (j *joining) await(ctx context.Context) (string, error) {
	if j.options.wait == 0 || j.options.run == runProcesses {
		return "", nil
	}
	first, seen := j.handedOver, !j.handedOver.IsZero()
	var last error
	err := wait.PollUntilContextTimeout(ctx, 250*time.Millisecond, j.options.wait, true, func(ctx context.Context) (bool, error) {
		lease, err := j.lease(ctx)
		if ctx.Err() != nil {
			return false, nil // the wait ended in the middle of the question, which says nothing about the hub
		}
		if last = err; err != nil || lease == nil || holder(lease) != j.parties.uid {
			return false, nil
		}
		// One that was there when we looked first may be an old one, and one that was handed over is.
		if !seen {
			seen, first = true, renewed(lease)
			return renewed(lease).After(j.begun), nil
		}
		return !renewed(lease).Equal(first), nil
	})
	switch {
	case err == nil:
		return fmt.Sprintf("%s is up, and renews its Lease on the hub", j.parties.id), nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	case last != nil:
		return "", exit.CannotTell(last)
	}
	return "", exit.Problem(fmt.Errorf("%q has not given a sign of life on the hub in %v: %s", j.parties.id, j.options.wait, j.whyNot(ctx)))
}

// whyNot says what the controller's pods are waiting for, as far as it can be seen.
func (j *joining) whyNot(ctx context.Context) string {
	look := fmt.Sprintf("kubectl --context %s -n %s logs deployment/%s", j.parties.member.Context, manifests.ControllerNamespace, manifests.ControllerDeployment)
	var pods corev1.PodList
	if err := j.parties.member.List(ctx, &pods, client.InNamespace(manifests.ControllerNamespace)); err != nil {
		return fmt.Sprintf("its pods could not be looked at: %v", err)
	}
	if len(pods.Items) == 0 {
		return "there are no pods of mcs-controller; see kubectl --context " + j.parties.member.Context + " -n " + manifests.ControllerNamespace + " get events"
	}
	for i := range pods.Items {
		for _, status := range pods.Items[i].Status.ContainerStatuses {
			waiting := status.State.Waiting
			if waiting == nil {
				continue
			}
			text := fmt.Sprintf("pod %s waits: %s", pods.Items[i].Name, waiting.Reason)
			if strings.Contains(waiting.Reason, "Image") {
				return text + fmt.Sprintf(" (image %s); name one that can be pulled with --controller-image", status.Image)
			}
			return text + "; " + look
		}
		if pods.Items[i].Status.Phase == corev1.PodPending {
			return fmt.Sprintf("pod %s is pending; kubectl --context %s -n %s describe pod %[1]s", pods.Items[i].Name, j.parties.member.Context, manifests.ControllerNamespace)
		}
	}
	return "its pods run; " + look
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
