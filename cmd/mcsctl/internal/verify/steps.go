package verify

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/dnsask"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/health"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/pods"
)

// again is how often something that is waited for is looked at.
const again = 100 * time.Millisecond

// member is one member under test and the ways to its DNS server.
type member struct {
	kube.Member
	servers []dnsask.Server
	noWay   error  // why its DNS server cannot be asked
	image   string // of a CoreDNS; "" for none
	kubelet bool   // it has nodes that make the probes of pods
}

// run is one run: its namespace in every member.
type run struct {
	members   []*member
	namespace string
	timeout   time.Duration
	steps     map[string]bool
	told      func(result Result, before []Result)
	results   []Result
}

// errSkip ends a step that cannot be made here.
type errSkip struct{ reason string }

func (e errSkip) Error() string { return e.reason }

// step makes one step and notes what came of it.
func (r *run) step(ctx context.Context, name, between string, f func(context.Context) (string, error)) bool {
	if !r.steps[name] || ctx.Err() != nil {
		return false
	}
	begun := time.Now()
	text, err := f(ctx)
	result := Result{Step: name, Name: between, Outcome: Passed, Text: text, Took: time.Since(begun).Seconds()}
	var skip errSkip
	switch {
	case errors.As(err, &skip):
		result.Outcome, result.Text = Skipped, skip.reason
	case err != nil && ctx.Err() != nil:
		return false // interrupted: nothing is known of it
	case err != nil:
		result.Outcome, result.Text = Failed, err.Error()
	}
	r.told(result, r.results)
	r.results = append(r.results, result)
	return result.Outcome == Passed
}

// exporter plays everything with one member as the one that exports.
func (r *run) exporter(ctx context.Context, from *member) {
	exported := r.step(ctx, "export", string(from.ID), func(ctx context.Context) (string, error) { return r.export(ctx, from) })
	if !exported {
		return
	}
	for _, at := range r.members {
		between := fmt.Sprintf("%s from %s", at.ID, from.ID)
		r.step(ctx, "resolve", between, func(ctx context.Context) (string, error) { return r.resolve(ctx, at) })
		r.step(ctx, "connect", between, func(ctx context.Context) (string, error) { return r.connect(ctx, at, from) })
	}
	if err := from.Cluster.Delete(ctx, serviceExport(r.namespace)); client.IgnoreNotFound(err) != nil {
		r.step(ctx, "withdraw", string(from.ID), func(context.Context) (string, error) { return "", err })
		return
	}
	for _, at := range r.members {
		r.step(ctx, "withdraw", fmt.Sprintf("%s from %s", at.ID, from.ID), func(ctx context.Context) (string, error) { return r.withdrawn(ctx, at) })
	}
	r.clear(ctx, from)
}

// clear removes what the next exporter would otherwise stand beside.
func (r *run) clear(ctx context.Context, from *member) {
	for _, object := range backend(r.namespace, from.image) {
		_ = from.Cluster.Delete(ctx, object) // the namespace goes anyway
	}
}

// export creates the Service and its ServiceExport and waits until it is on the hub.
func (r *run) export(ctx context.Context, from *member) (string, error) {
	for _, object := range append(backend(r.namespace, from.image), client.Object(serviceExport(r.namespace))) {
		if err := from.Cluster.Create(ctx, object); err != nil {
			return "", fmt.Errorf("creating %T in %q: %w", object, from.ID, err)
		}
	}
	begun := time.Now()
	err := r.until(ctx, func(ctx context.Context) (string, error) {
		var export mcsv1beta1.ServiceExport
		if err := from.Cluster.Get(ctx, client.ObjectKey{Namespace: r.namespace, Name: serviceName}, &export); err != nil {
			return "", fmt.Errorf("reading the ServiceExport in %q: %w", from.ID, err)
		}
		if apimeta.IsStatusConditionTrue(export.Status.Conditions, string(mcsv1beta1.ServiceExportConditionReady)) {
			return "", nil
		}
		return "the ServiceExport is not Ready", nil
	})
	return "on the hub after " + took(begun), err
}

// resolve waits until the member's DNS server answers with the address of its ServiceImport.
func (r *run) resolve(ctx context.Context, at *member) (string, error) {
	begun := time.Now()
	if at.noWay != nil {
		return "", errSkip{at.noWay.Error()}
	}
	var answer string
	err := r.until(ctx, func(ctx context.Context) (string, error) {
		wanted, missing, err := r.wanted(ctx, at)
		if err != nil || missing != "" {
			return missing, err
		}
		var got []string
		rcode := ""
		for _, qtype := range questions(wanted) {
			reply, _, err := at.servers[0].Ask(ctx, health.Zoned(serviceName, r.namespace), qtype)
			if err != nil {
				return err.Error(), nil // a server that does not answer now may do so in a moment
			}
			rcode = dns.RcodeToString[reply.Rcode]
			got = append(got, addresses(reply)...)
		}
		if slices.Sort(got); !slices.Equal(got, wanted) {
			return fmt.Sprintf("the DNS server answers %s [%s], and the ServiceImport has %s", rcode, strings.Join(got, " "), strings.Join(wanted, " ")), nil
		}
		answer = strings.Join(wanted, " ")
		return "", nil
	})
	return fmt.Sprintf("%s after %s", answer, took(begun)), err
}

// wanted are the addresses that the member's ServiceImport has.
func (r *run) wanted(ctx context.Context, at *member) (ips []string, missing string, err error) {
	var si mcsv1beta1.ServiceImport
	switch err := at.Cluster.Get(ctx, client.ObjectKey{Namespace: r.namespace, Name: serviceName}, &si); {
	case apierrors.IsNotFound(err):
		return nil, "there is no ServiceImport", nil
	case err != nil:
		return nil, "", fmt.Errorf("reading the ServiceImport in %q: %w", at.ID, err)
	case len(si.Spec.IPs) == 0:
		return nil, "the ServiceImport has no IP", nil
	}
	ips = slices.Clone(si.Spec.IPs)
	slices.Sort(ips)
	return ips, "", nil
}

// questions are the types of record that addresses are found under.
func questions(ips []string) []uint16 {
	var types []uint16
	for _, ip := range ips {
		qtype := dns.TypeA
		if strings.Contains(ip, ":") {
			qtype = dns.TypeAAAA
		}
		if !slices.Contains(types, qtype) {
			types = append(types, qtype)
		}
	}
	return types
}

func addresses(reply *dns.Msg) []string {
	var all []string
	for _, record := range reply.Answer {
		switch record := record.(type) {
		case *dns.A:
			all = append(all, record.A.String())
		case *dns.AAAA:
			all = append(all, record.AAAA.String())
		}
	}
	return all
}

// connect lets a node of the member connect to the service's address there: the probe of a pod is made by the kubelet, through what
// carries the traffic of ClusterIPs on its node.
func (r *run) connect(ctx context.Context, at, from *member) (string, error) {
	begun := time.Now()
	switch {
	case from.image == "" || at.image == "":
		return "", errSkip{"nothing listens behind the Service: no image of a CoreDNS pod was found; name one with --image"}
	case !at.kubelet:
		return "", errSkip{"no node of " + string(at.ID) + " has a kubelet to connect from"}
	}
	ips, missing, err := r.wanted(ctx, at)
	switch {
	case err != nil:
		return "", err
	case missing != "":
		return "", errors.New(missing)
	}
	target := net.JoinHostPort(ips[0], strconv.Itoa(port))
	pod := clientPod(r.namespace, at.image, ips[0])
	if err := at.Cluster.Create(ctx, pod); err != nil {
		return "", fmt.Errorf("creating a pod in %q: %w", at.ID, err)
	}
	defer func() { _ = at.Cluster.Delete(context.WithoutCancel(ctx), pod) }() // its namespace goes in any case
	err = r.until(ctx, func(ctx context.Context) (string, error) {
		if err := at.Cluster.Get(ctx, client.ObjectKeyFromObject(pod), pod); err != nil {
			return "", fmt.Errorf("reading the pod in %q: %w", at.ID, err)
		}
		if pods.Ready(pod) {
			return "", nil
		}
		return fmt.Sprintf("node %q does not reach %s (pod is %s)", pod.Spec.NodeName, target, pod.Status.Phase), nil
	})
	return fmt.Sprintf("node %s reached %s after %s", pod.Spec.NodeName, target, took(begun)), err
}

// withdrawn waits until the name is gone.
func (r *run) withdrawn(ctx context.Context, at *member) (string, error) {
	begun := time.Now()
	if at.noWay != nil {
		return "", errSkip{at.noWay.Error()}
	}
	err := r.until(ctx, func(ctx context.Context) (string, error) {
		reply, _, err := at.servers[0].Ask(ctx, health.Zoned(serviceName, r.namespace), dns.TypeA)
		switch {
		case err != nil:
			return err.Error(), nil
		case reply.Rcode != dns.RcodeNameError:
			return fmt.Sprintf("the DNS server still answers %s [%s]", dns.RcodeToString[reply.Rcode], strings.Join(addresses(reply), " ")), nil
		}
		return "", nil
	})
	return "NXDOMAIN after " + took(begun), err
}

// until looks again until nothing is missing, an error ends it, or the time is up.
func (r *run) until(ctx context.Context, look func(context.Context) (missing string, err error)) error {
	deadline := time.Now().Add(r.timeout)
	for {
		missing, err := look(ctx)
		switch {
		case err != nil:
			return err
		case missing == "":
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("%s after %s", missing, r.timeout)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(again):
		}
	}
}

func took(begun time.Time) string { return time.Since(begun).Round(time.Millisecond).String() }
