package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// retryServed is how often to ask for what is not served yet.
const retryServed = 2 * time.Second

// versions are the versions of the Multi-Cluster Services API this program speaks, the preferred one first. Their schemas are the
// same, so that one set of Go types serves both.
var versions = []schema.GroupVersion{
	{Group: mcsv1beta1.GroupName, Version: "v1beta1"},
	{Group: mcsv1beta1.GroupName, Version: "v1alpha1"},
}

// errNotServed says that the API server is there and the definitions are not.
var errNotServed = errors.New("the CRDs serviceexports and serviceimports of " + mcsv1beta1.GroupName + " are not installed")

// servedVersion asks once which of the versions to speak.
func servedVersion(client discovery.DiscoveryInterface) (schema.GroupVersion, error) {
	for _, version := range versions {
		resources, err := client.ServerResourcesForGroupVersion(version.String())
		switch {
		case apierrors.IsNotFound(err):
			continue
		case err != nil:
			return schema.GroupVersion{}, fmt.Errorf("asking the API server for %s: %w", version, err)
		case has(resources, "serviceexports") && has(resources, "serviceimports"):
			return version, nil
		}
	}
	return schema.GroupVersion{}, errNotServed
}

func has(resources *metav1.APIResourceList, name string) bool {
	return slices.ContainsFunc(resources.APIResources, func(r metav1.APIResource) bool { return r.Name == name })
}

// register adds the API's Go types to a scheme under the served version.
func register(scheme *runtime.Scheme, version schema.GroupVersion) {
	scheme.AddKnownTypes(version,
		&mcsv1beta1.ServiceExport{}, &mcsv1beta1.ServiceExportList{},
		&mcsv1beta1.ServiceImport{}, &mcsv1beta1.ServiceImportList{})
	metav1.AddToGroupVersion(scheme, version)
}

// patience repeats what may fail until it does not, and remembers why it failed last, for whoever asks what is being waited for.
type patience struct {
	log logr.Logger

	mu   sync.Mutex
	last string
}

// reason is why the last attempt failed, "" when none is needed any more.
func (p *patience) reason() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}

func (p *patience) set(reason string) (changed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	changed = p.last != reason
	p.last = reason
	return changed
}

// until calls attempt until it succeeds, ctx ends, or its error is one that waiting does not mend. It logs one line for each new
// reason, not for each attempt.
func (p *patience) until(ctx context.Context, attempt func(context.Context) error) error {
	for {
		err := attempt(ctx)
		var permanent *permanentError
		switch {
		case err == nil:
			p.set("")
			return nil
		case errors.As(err, &permanent):
			return permanent.cause
		case p.set(err.Error()):
			p.log.Info("waiting", "reason", err.Error())
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retryServed):
		}
	}
}

// permanentError is an error that waiting does not mend.
type permanentError struct{ cause error }

func (e *permanentError) Error() string { return e.cause.Error() }
