package pods

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"
	"k8s.io/utils/ptr"

	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/plan"
)

// step is what a pod needs next.
type step int

const (
	stepNone   step = iota // it is not ours, or not yet, or it is done
	stepBind               // it has no node
	stepRun                // it should run, or runs and may have changed
	stepRemove             // it is deleted and has lingered enough
)

// decide says what a pod needs next, and for a deleted one that lingers, how long it still may.
func decide(pod *corev1.Pod, node string, now time.Time) (step, time.Duration) {
	switch {
	case pod.Spec.NodeName != "" && pod.Spec.NodeName != node:
		return stepNone, 0
	case pod.DeletionTimestamp != nil:
		if left := linger(pod, now); left > 0 {
			return stepRun, left
		}
		return stepRemove, 0
	case pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed:
		return stepNone, 0
	case pod.Spec.NodeName == "" && len(pod.Spec.SchedulingGates) > 0:
		return stepNone, 0
	case pod.Spec.NodeName == "":
		return stepBind, 0
	default:
		return stepRun, 0
	}
}

// linger is how long a deleted pod still listens. Its deletion was asked for one grace period before its deletion
// timestamp.
func linger(pod *corev1.Pod, now time.Time) time.Duration {
	wanted, err := time.ParseDuration(pod.Annotations[LingerAnnotation])
	if err != nil {
		return 0
	}
	grace := time.Duration(ptr.Deref(pod.DeletionGracePeriodSeconds, 0)) * time.Second
	asked := pod.DeletionTimestamp.Add(-grace)
	return min(wanted, grace) - now.Sub(asked)
}

// reconcile brings one pod a step further; the change it makes brings the pod here again.
func (a *Actor) reconcile(ctx context.Context, key cache.ObjectName) error {
	pod, err := a.pods.get(key)
	if err != nil {
		return err
	}
	if pod == nil {
		return a.stop(key, "")
	}
	// A pod of the same name may have taken the place of one that was removed while nobody looked.
	if err := a.stop(key, pod.UID); err != nil {
		return err
	}
	what, left := decide(pod, a.cluster.Name, time.Now())
	if left > 0 {
		a.queue.AddAfter(key, left)
	}
	switch what {
	case stepBind:
		return a.bind(ctx, pod)
	case stepRun:
		return a.run(ctx, pod)
	case stepRemove:
		return a.remove(ctx, pod)
	default:
		return a.stop(key, "")
	}
}

func (a *Actor) bind(ctx context.Context, pod *corev1.Pod) error {
	binding := &corev1.Binding{
		ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID},
		Target:     corev1.ObjectReference{Kind: "Node", Name: a.cluster.Name},
	}
	if err := a.client.CoreV1().Pods(pod.Namespace).Bind(ctx, binding, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("binding pod %s/%s: %w", pod.Namespace, pod.Name, err)
	}
	return nil
}

// run makes the pod listen, then says so.
func (a *Actor) run(ctx context.Context, pod *corev1.Pod) error {
	addresses, err := a.start(ctx, pod)
	if err != nil {
		return err
	}
	status := runningStatus(pod, addresses, a.nodes, metav1.Now())
	if equality.Semantic.DeepEqual(status, pod.Status) {
		return nil
	}
	changed := pod.DeepCopy()
	changed.Status = status
	if _, err := a.client.CoreV1().Pods(pod.Namespace).UpdateStatus(ctx, changed, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("reporting pod %s/%s: %w", pod.Namespace, pod.Name, err)
	}
	return nil
}

// remove stops the pod and lets go of its object.
func (a *Actor) remove(ctx context.Context, pod *corev1.Pod) error {
	if err := a.stop(cache.MetaObjectToName(pod), ""); err != nil {
		return err
	}
	now := metav1.DeleteOptions{GracePeriodSeconds: ptr.To[int64](0), Preconditions: &metav1.Preconditions{UID: &pod.UID}}
	err := a.client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, now)
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("removing pod %s/%s: %w", pod.Namespace, pod.Name, err)
	}
	return nil
}

// start gives the pod its addresses and listeners, once. Pods on the host's network have the node's addresses.
func (a *Actor) start(ctx context.Context, pod *corev1.Pod) ([]netip.Addr, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := cache.MetaObjectToName(pod)
	if r, ok := a.running[key]; ok {
		if pod.Spec.HostNetwork {
			return a.nodes, nil
		}
		return r.addresses, nil
	}
	r := &running{uid: pod.UID}
	a.running[key] = r
	listenAt := a.nodes
	if !pod.Spec.HostNetwork {
		if err := a.assign(r, pod); err != nil {
			return nil, errors.Join(err, a.halt(key))
		}
		listenAt = r.addresses
	}
	if a.network == nil {
		return listenAt, nil
	}
	s, err := serve(ctx, a.network, a.cluster.Name, pod.Name, listenAt, portsOf(pod))
	if err != nil {
		return nil, errors.Join(err, a.halt(key))
	}
	r.servers = s
	return listenAt, nil
}

// assign takes one address of each family: those the pod's status names already, if they are free.
func (a *Actor) assign(r *running, pod *corev1.Pod) error {
	for _, pool := range a.pools {
		address, err := take(pool, pod.Status.PodIPs)
		if err != nil {
			return err
		}
		r.addresses = append(r.addresses, address)
		if a.network == nil {
			continue
		}
		if err := a.network.AddAddress(address); err != nil {
			return err
		}
	}
	return nil
}

func take(pool *plan.Pool, before []corev1.PodIP) (netip.Addr, error) {
	for _, ip := range before {
		if address, err := netip.ParseAddr(ip.IP); err == nil && pool.Claim(address) {
			return address, nil
		}
	}
	return pool.Take()
}

// stop stops the pod that runs under a key, unless it is the one with the given UID.
func (a *Actor) stop(key cache.ObjectName, except types.UID) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r, ok := a.running[key]; !ok || r.uid == except {
		return nil
	}
	return a.halt(key)
}

// halt takes back what a pod holds; a.mu is held. What is left of it after an error stays for the next try.
func (a *Actor) halt(key cache.ObjectName) error {
	r, ok := a.running[key]
	if !ok {
		return nil
	}
	if r.servers != nil {
		if err := r.servers.close(); err != nil {
			a.log.Error("closing listeners", "cluster", a.cluster.Name, "pod", key.String(), "err", err)
		}
		r.servers = nil
	}
	for _, address := range r.addresses {
		if a.network != nil {
			if err := a.network.RemoveAddress(address); err != nil {
				return err
			}
		}
		for _, pool := range a.pools {
			pool.Release(address)
		}
	}
	delete(a.running, key)
	return nil
}
