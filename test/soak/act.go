package main

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// exportAnnotation asks for an export.
const exportAnnotation = "multicluster.kubernetes.io/export"

// carryOut does to one cluster's objects what an operation says. That there is nothing to do it to, or that somebody else has
// just changed it, is no error.
func carryOut(ctx context.Context, c client.Client, o operation) error {
	meta := metav1.ObjectMeta{Namespace: o.key.Namespace, Name: o.key.Name}
	var err error
	switch o.act {
	case createService:
		err = c.Create(ctx, serviceOf(meta, o.shape))
	case editService:
		err = edit(ctx, c, meta, o.shape)
	case deleteService:
		err = c.Delete(ctx, &corev1.Service{ObjectMeta: meta})
	case replaceService:
		if err = c.Delete(ctx, &corev1.Service{ObjectMeta: meta}); err == nil {
			err = c.Create(ctx, serviceOf(meta, o.shape))
		}
	case annotateService:
		err = c.Patch(ctx, &corev1.Service{ObjectMeta: meta}, merge(`{"metadata":{"annotations":{%q:"true"}}}`, exportAnnotation))
	case bareService:
		err = c.Patch(ctx, &corev1.Service{ObjectMeta: meta}, merge(`{"metadata":{"annotations":{%q:null}}}`, exportAnnotation))
	case createExport:
		err = c.Create(ctx, &mcsv1beta1.ServiceExport{ObjectMeta: meta, Spec: mcsv1beta1.ServiceExportSpec{ExportedLabels: o.labels}})
	case editExport:
		err = editLabels(ctx, c, meta, o.labels)
	case deleteExport:
		err = c.Delete(ctx, &mcsv1beta1.ServiceExport{ObjectMeta: meta})
	case deleteDerived:
		meta.Name = mcs.DerivedServiceName(o.key)
		err = c.Delete(ctx, &corev1.Service{ObjectMeta: meta})
	case editImport:
		err = c.Patch(ctx, &mcsv1beta1.ServiceImport{ObjectMeta: meta}, merge(`{"spec":{"ports":[],"sessionAffinity":"None"}}`))
	default:
		err = carryOutEndpoints(ctx, c, meta, o)
	}
	if apierrors.IsNotFound(err) || apierrors.IsAlreadyExists(err) || apierrors.IsConflict(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("carrying out %q: %w", o, err)
	}
	return nil
}

func merge(format string, args ...any) client.Patch {
	return client.RawPatch(types.MergePatchType, fmt.Appendf(nil, format, args...))
}

// serviceOf is a new Service of a shape, over the pods of its name.
func serviceOf(meta metav1.ObjectMeta, s shape) *corev1.Service {
	service := &corev1.Service{ObjectMeta: meta, Spec: corev1.ServiceSpec{Selector: map[string]string{"app": meta.Name}}}
	if s.kind == headless {
		service.Spec.ClusterIP = corev1.ClusterIPNone
	}
	reshape(&service.Spec, s)
	return service
}

// reshape changes a Service as far as it can be changed: one without a virtual address stays so, and one with stays so too
// unless it becomes an alias or was one.
func reshape(spec *corev1.ServiceSpec, s shape) {
	spec.Ports = s.ports
	spec.SessionAffinity, spec.SessionAffinityConfig = corev1.ServiceAffinityNone, nil
	if s.timeout > 0 {
		spec.SessionAffinity = corev1.ServiceAffinityClientIP
		spec.SessionAffinityConfig = &corev1.SessionAffinityConfig{ClientIP: &corev1.ClientIPConfig{TimeoutSeconds: new(s.timeout)}}
	}
	spec.Type, spec.ExternalName = corev1.ServiceTypeClusterIP, ""
	spec.InternalTrafficPolicy, spec.TrafficDistribution = new(s.policy), nil
	if s.distribution != "" {
		spec.TrafficDistribution = new(s.distribution)
	}
	if s.kind == alias && spec.ClusterIP != corev1.ClusterIPNone {
		spec.Type, spec.ExternalName = corev1.ServiceTypeExternalName, "example.com"
		spec.InternalTrafficPolicy, spec.TrafficDistribution = nil, nil
		spec.SessionAffinity, spec.SessionAffinityConfig = corev1.ServiceAffinityNone, nil
		spec.ClusterIP, spec.ClusterIPs, spec.IPFamilies, spec.IPFamilyPolicy = "", nil, nil, nil
	}
}

func edit(ctx context.Context, c client.Client, meta metav1.ObjectMeta, s shape) error {
	var service corev1.Service
	if err := c.Get(ctx, types.NamespacedName{Namespace: meta.Namespace, Name: meta.Name}, &service); err != nil {
		return err
	}
	reshape(&service.Spec, s)
	return c.Update(ctx, &service)
}

func editLabels(ctx context.Context, c client.Client, meta metav1.ObjectMeta, labels map[string]string) error {
	var export mcsv1beta1.ServiceExport
	if err := c.Get(ctx, types.NamespacedName{Namespace: meta.Namespace, Name: meta.Name}, &export); err != nil {
		return err
	}
	export.Spec.ExportedLabels = labels
	return c.Update(ctx, &export)
}
