package main

import (
	"context"
	"fmt"
	"hash/fnv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// readyAnnotation set to "false" makes a pod of the lab unready.
const readyAnnotation = "lab/ready"

// carryOutEndpoints does what an operation says to pods and EndpointSlices.
func carryOutEndpoints(ctx context.Context, c client.Client, meta metav1.ObjectMeta, o operation) error {
	switch o.act {
	case scalePods:
		return c.Patch(ctx, &appsv1.Deployment{ObjectMeta: meta}, merge(`{"spec":{"replicas":%d}}`, o.count))
	case deletePod, turnPod:
		return disturbPod(ctx, c, o)
	case writeSlice:
		return write(ctx, c, handWritten(o))
	case deleteSlice:
		return c.Delete(ctx, handWritten(o))
	case deleteImported:
		return deleteOneImported(ctx, c, o)
	}
	return fmt.Errorf("the act %q is not known", o.act)
}

// deployment runs the pods that Services of a name select. It has none at first.
func deployment(namespace, name string) *appsv1.Deployment {
	labels := map[string]string{"app": name}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: appsv1.DeploymentSpec{
			Replicas: new(int32(1)),
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: "web"}}},
			},
		},
	}
}

// disturbPod deletes one of the pods of a name, or turns whether it is ready.
func disturbPod(ctx context.Context, c client.Client, o operation) error {
	var pods corev1.PodList
	if err := c.List(ctx, &pods, client.InNamespace(o.key.Namespace), client.MatchingLabels{"app": o.key.Name}); err != nil {
		return err
	}
	if len(pods.Items) == 0 {
		return nil
	}
	pod := &pods.Items[o.count%len(pods.Items)]
	if o.act == deletePod {
		return c.Delete(ctx, pod)
	}
	value := "false"
	if pod.Annotations[readyAnnotation] == "false" {
		value = "true"
	}
	return c.Patch(ctx, pod, merge(`{"metadata":{"annotations":{%q:%q}}}`, readyAnnotation, value))
}

// handWritten is an EndpointSlice that no controller manages, of a Service with or without pods. Its addresses differ from those
// of the others.
func handWritten(o operation) *discoveryv1.EndpointSlice {
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: o.key.Namespace, Name: o.key.Name + "-written",
			Labels: map[string]string{discoveryv1.LabelServiceName: o.key.Name, discoveryv1.LabelManagedBy: "soak"},
		},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Name: new("http"), Port: new(int32(8080))}, {Name: new("web"), Port: new(int32(8081))}},
	}
	hash := fnv.New32()
	fmt.Fprint(hash, o.member, o.key)
	third := hash.Sum32()
	for i := range o.count {
		slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{
			Addresses:  []string{fmt.Sprintf("100.64.%d.%d", third%256, int(third>>8)%60*4+i)},
			Conditions: discoveryv1.EndpointConditions{Ready: new(i%3 != 1)},
			Hostname:   new(fmt.Sprintf("host-%d", i)),
			Zone:       new("zone-a"),
		})
	}
	return slice
}

func write(ctx context.Context, c client.Client, slice *discoveryv1.EndpointSlice) error {
	var there discoveryv1.EndpointSlice
	err := c.Get(ctx, client.ObjectKeyFromObject(slice), &there)
	if err != nil {
		return create(ctx, c, slice, err)
	}
	there.Endpoints = slice.Endpoints
	return c.Update(ctx, &there)
}

// create creates what was not found; any other failure to read it is returned.
func create(ctx context.Context, c client.Client, object client.Object, readErr error) error {
	if client.IgnoreNotFound(readErr) != nil {
		return readErr
	}
	return c.Create(ctx, object)
}

// deleteOneImported deletes one of the imported EndpointSlices of a name, as a person may.
func deleteOneImported(ctx context.Context, c client.Client, o operation) error {
	var list discoveryv1.EndpointSliceList
	if err := c.List(ctx, &list, client.InNamespace(o.key.Namespace), client.MatchingLabels{mcsv1beta1.LabelServiceName: o.key.Name}); err != nil {
		return err
	}
	if len(list.Items) == 0 {
		return nil
	}
	return c.Delete(ctx, &list.Items[o.count%len(list.Items)])
}
