package main

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

func TestWritesThatSucceedAreCounted(t *testing.T) {
	refuses := false
	inner := fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(&mcsv1beta1.ServiceExport{}).WithInterceptorFuncs(interceptor.Funcs{
		Update: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.UpdateOption) error {
			if refuses {
				return errors.New("no")
			}
			return c.Update(ctx, o, opts...)
		},
	}).Build()
	c := &countingClient{Client: inner, writes: newWrites()}
	export := &mcsv1beta1.ServiceExport{}
	export.Namespace, export.Name = "shop", "web"
	before := func() client.Patch { return client.MergeFrom(export.DeepCopy()) }
	err := errors.Join(c.Create(t.Context(), export), c.Update(t.Context(), export), c.Patch(t.Context(), export, before()),
		c.Status().Patch(t.Context(), export, before()))
	refuses = true
	if c.Update(t.Context(), export) == nil {
		t.Error("the refused update succeeded")
	}
	if err := errors.Join(err, c.Delete(t.Context(), export)); err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, op := range []string{"create", "update", "patch", "status", "delete"} {
		got[op] = testutil.ToFloat64(c.writes.WithLabelValues("ServiceExport", op))
	}
	if diff := cmp.Diff(map[string]float64{"create": 1, "update": 1, "patch": 1, "status": 1, "delete": 1}, got); diff != "" {
		t.Errorf("ux: mcs_writes_total (-want +got):\n%s", diff)
	}
	if problems, err := testutil.CollectAndLint(c.writes); err != nil || len(problems) > 0 {
		t.Errorf("promlint: %v %v", problems, err)
	}
}
