package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	mcsclient "sigs.k8s.io/mcs-api/pkg/client/clientset/versioned/typed/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/test/bench/dns/internal/dataset"
)

// writers is how many objects are written at a time.
const writers = 16

// populate makes the data set and creates its objects.
func (b *bench) populate(ctx context.Context, set *setReport) error {
	b.services = dataset.New(b.shape, b.options.seed)
	begun := time.Now()
	namespaces := map[string]bool{}
	for _, s := range b.services {
		if namespaces[s.Namespace] {
			continue
		}
		namespaces[s.Namespace] = true
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.Namespace}}
		if _, err := b.cluster.Client().CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("creating namespace %q: %w", s.Namespace, err)
		}
	}
	imports, err := mcsclient.NewForConfig(b.cluster.Config())
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	group, writing := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for _, s := range b.services {
		if writing.Err() != nil {
			break
		}
		group.Go(func() error { return b.create(writing, imports, s) })
		set.Slices += len(s.Slices)
	}
	if err := group.Wait(); err != nil {
		return err
	}
	set.Services, set.Endpoints, set.PopulateSeconds = b.shape.Services(), b.shape.Endpoints(), time.Since(begun).Seconds()
	return nil
}

// create writes a service as an MCS controller does: the import, its status, its slices.
func (b *bench) create(ctx context.Context, imports mcsclient.MulticlusterV1beta1Interface, s dataset.Service) error {
	wanted := s.Import()
	made, err := imports.ServiceImports(s.Namespace).Create(ctx, wanted, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("creating ServiceImport %s/%s: %w", s.Namespace, s.Name, err)
	}
	made.Status = wanted.Status
	if _, err := imports.ServiceImports(s.Namespace).UpdateStatus(ctx, made, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("writing the status of ServiceImport %s/%s: %w", s.Namespace, s.Name, err)
	}
	for _, slice := range s.Slices {
		object := s.EndpointSlice(slice)
		if _, err := b.discovery.EndpointSlices(s.Namespace).Create(ctx, object, metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("creating EndpointSlice %s/%s: %w", s.Namespace, object.Name, err)
		}
	}
	return nil
}
