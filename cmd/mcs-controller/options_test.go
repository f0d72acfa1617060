package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	fakediscovery "k8s.io/client-go/discovery/fake"
	clienttesting "k8s.io/client-go/testing"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

func TestUnusableFlagsAreRefusedInOneLine(t *testing.T) {
	tests := []struct {
		name string
		spec string
		args []string
		want string
	}{
		{name: "a cluster id in upper case", spec: "scenario 47", args: []string{"--cluster-id=West"}, want: "; set --cluster-id to one that is"},
		{name: "a cluster id of 70 characters", spec: "scenario 47", args: []string{"--cluster-id=" + strings.Repeat("a", 70)}, want: "it may have 63"},
		{name: "a kubeconfig that is not there", spec: "local", args: []string{"--cluster-id=west", "--kubeconfig=/nowhere"}, want: `--kubeconfig "/nowhere"`},
		{name: "no cluster to be found", spec: "local", args: []string{"--cluster-id=west"}, want: "set it to a file that can be used, or leave it empty in a pod"},
		{name: "an annotation that is none", spec: "decision 1", args: []string{"--export-annotation=a b"}, want: `--export-annotation "a b" is no annotation key`},
		{name: "times the wrong way round", spec: "decision 6", args: []string{"--stale-after=1h"}, want: "--stale-after is 1h0m0s and --forget-after 15m0s"},
		{name: "a negative grace", spec: "decision 4", args: []string{"--service-grace=-1s"}, want: "--service-grace is -1s"},
		{name: "a log format that is none", spec: "local", args: []string{"--log-format=xml"}, want: "must be text or json"},
		{name: "a log level that is none", spec: "local", args: []string{"--log-level=loud"}, want: "must be error, info or debug"},
		{name: "no registry", spec: "decision 2", args: []string{"--clusterset-namespace="}, want: "--clusterset-namespace is empty"},
		{name: "a flag that is none", spec: "local", args: []string{"--what"}, want: "unknown flag: --what"},
		{name: "an argument", spec: "local", args: []string{"what"}, want: `"what"`},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var stderr bytes.Buffer
			if code := execute(t.Context(), tc.args, &stderr); code != 1 {
				t.Errorf("%s: exit status %d, want 1", tc.spec, code)
			}
			if got := stderr.String(); !strings.HasPrefix(got, "mcs-controller: ") || !strings.Contains(got, tc.want) || strings.Count(got, "\n") != 1 {
				t.Errorf("%s: it says %q, want one line with %q", tc.spec, got, tc.want)
			}
		})
	}
}

func TestReadinessSaysWhatItWaitsFor(t *testing.T) {
	r := &readiness{}
	waiting := "a thing"
	r.add(func() string { return "" })
	r.add(func() string { return waiting })
	ask := func() *httptest.ResponseRecorder {
		recorder := httptest.NewRecorder()
		r.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", nil))
		return recorder
	}
	if got := ask(); got.Code != http.StatusServiceUnavailable || got.Body.String() != "a thing\n" {
		t.Errorf("while it waits: %d %q", got.Code, got.Body)
	}
	waiting = ""
	if got := ask(); got.Code != http.StatusOK {
		t.Errorf("when it waits no more: %d %q", got.Code, got.Body)
	}
}

func TestPatienceEndsWithSuccessOrWhatWaitingDoesNotMend(t *testing.T) {
	hopeless := errors.New("hopeless")
	p := &patience{log: logr.Discard()}
	if err := p.until(t.Context(), func(context.Context) error { return &permanentError{hopeless} }); !errors.Is(err, hopeless) {
		t.Errorf("got %v, want %v", err, hopeless)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := p.until(ctx, func(context.Context) error {
		cancel()
		return errNotServed
	})
	if !errors.Is(err, context.Canceled) || p.reason() != errNotServed.Error() {
		t.Errorf("got %v while waiting for %q", err, p.reason())
	}
	if err := p.until(t.Context(), func(context.Context) error { return nil }); err != nil || p.reason() != "" {
		t.Errorf("got %v while waiting for %q", err, p.reason())
	}
}

func TestServedVersion(t *testing.T) {
	both := []metav1.APIResource{{Name: "serviceexports"}, {Name: "serviceimports"}}
	list := func(version string, resources []metav1.APIResource) *metav1.APIResourceList {
		return &metav1.APIResourceList{GroupVersion: mcsv1beta1.GroupName + "/" + version, APIResources: resources}
	}
	tests := []struct {
		name    string
		served  []*metav1.APIResourceList
		want    string
		wantErr error
	}{
		{name: "the newer of two", served: []*metav1.APIResourceList{list("v1alpha1", both), list("v1beta1", both)}, want: "v1beta1"},
		{name: "the only one", served: []*metav1.APIResourceList{list("v1alpha1", both)}, want: "v1alpha1"},
		{name: "the whole one", served: []*metav1.APIResourceList{list("v1alpha1", both), list("v1beta1", both[:1])}, want: "v1alpha1"},
		{name: "none", wantErr: errNotServed},
		{name: "half of one", served: []*metav1.APIResourceList{list("v1beta1", both[1:])}, wantErr: errNotServed},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got, err := servedVersion(&fakediscovery.FakeDiscovery{Fake: &clienttesting.Fake{Resources: tc.served}})
			if got.Version != tc.want || !errors.Is(err, tc.wantErr) {
				t.Errorf("scenario 56: got %q and %v, want %q and %v", got.Version, err, tc.want, tc.wantErr)
			}
		})
	}
}

func TestTypesAreOfTheServedVersion(t *testing.T) {
	for _, version := range versions {
		s := runtime.NewScheme()
		register(s, version)
		for kind, o := range map[string]runtime.Object{"ServiceExport": &mcsv1beta1.ServiceExport{}, "ServiceImport": &mcsv1beta1.ServiceImport{}} {
			got, err := apiutil.GVKForObject(o, s)
			if want := version.WithKind(kind); err != nil || got != want {
				t.Errorf("scenario 56: %T is %v (%v), want %v", o, got, err, want)
			}
		}
	}
}

func TestImportedFromIsWhatOurImportsState(t *testing.T) {
	si := func(labels map[string]string, clusters ...string) mcsv1beta1.ServiceImport {
		s := mcsv1beta1.ServiceImport{ObjectMeta: metav1.ObjectMeta{Labels: labels}}
		for _, c := range clusters {
			s.Status.Clusters = append(s.Status.Clusters, mcsv1beta1.ClusterStatus{Cluster: c})
		}
		return s
	}
	ours := map[string]string{mcs.LabelManagedBy: mcs.ManagedBy}
	got := importedFrom([]mcsv1beta1.ServiceImport{si(ours, "east", "west", "Not An Id"), si(ours, "north", "west"), si(nil, "south")}, "east")
	if diff := cmp.Diff([]mcs.ClusterID{"west", "north"}, got); diff != "" {
		t.Errorf("decision 6: clusters (-want +got):\n%s", diff)
	}
}
