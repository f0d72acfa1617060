package join

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/manifests"
)

// onlyDNS returns the addresses of the Service by which the cluster's pods resolve all their names, where that is ours, of a join with
// --dns=own; nil where the cluster has a DNS server of its own.
func (l *leaving) onlyDNS(ctx context.Context) ([]string, error) {
	if l.member == nil {
		return nil, nil
	}
	objects, err := manifests.CoreDNS(manifests.DNSOwn, "", "")
	if err != nil {
		return nil, err
	}
	objects = slices.DeleteFunc(objects, func(o *unstructured.Unstructured) bool { return o.GetKind() != "Service" })
	found, err := l.present(ctx, objects)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	addresses, _, err := unstructured.NestedStringSlice(found[0].Object, "spec", "clusterIPs")
	if err != nil || len(addresses) == 0 {
		addresses = []string{corev1.ClusterIPNone} // it is there, wherever it answers
	}
	return addresses, nil
}

// mayTakeDNS warns that the leave takes the cluster's only DNS server away, and refuses it where nobody has said that it may.
func (l *leaving) mayTakeDNS() error {
	if len(l.dns) == 0 {
		return nil
	}
	text := fmt.Sprintf("the DNS server of context %q is the one of join --dns=own, at %s: when it is removed, no pod there resolves any name",
		l.member.Context, strings.Join(l.dns, " "))
	if l.options.ownDNS || l.options.dryRun {
		l.screen.Note("%s %s", l.screen.Warn("!"), text)
		return nil
	}
	return exit.Problem(fmt.Errorf("%s; nothing was removed: have another ready to install at that address, then add --own-dns", text))
}
