package kube

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestBecause(t *testing.T) {
	asking := func(err error) error {
		return fmt.Errorf("reading the UID of namespace %q: failed to get server groups: %w", "kube-system",
			&url.Error{Op: "Get", URL: "https://10.95.0.4:6443/api?timeout=10s", Err: err})
	}
	for _, tc := range []struct {
		name string
		err  error
		want string
	}{
		{"nothing is nothing", nil, ""},
		{"a server that is down", asking(&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}), "connection refused (https://10.95.0.4:6443)"},
		{"a server that says nothing", asking(context.DeadlineExceeded), "no answer in time (https://10.95.0.4:6443)"},
		{"a server without a route", asking(os.NewSyscallError("connect", syscall.EHOSTUNREACH)), "no route to it (https://10.95.0.4:6443)"},
		{"a name that is not found", asking(&net.DNSError{Name: "api.example", Err: "no such host"}), "its name api.example is not found (https://10.95.0.4:6443)"},
		{"a plugin that is not there", asking(errors.New("getting credentials: exec: executable aws not found")), "getting credentials: exec: executable aws not found (https://10.95.0.4:6443)"},
		{"credentials that are not accepted", fmt.Errorf("listing: %w", apierrors.NewUnauthorized("Unauthorized")), "it does not accept the credentials of this context (401 Unauthorized)"},
		{
			"a right that is missing", fmt.Errorf("listing: %w", apierrors.NewForbidden(schema.GroupResource{Group: "multicluster.x-k8s.io", Resource: "serviceexports"}, "",
				errors.New(`User "dev" cannot list resource "serviceexports" in API group "multicluster.x-k8s.io" in the namespace "shop"`))),
			"user dev may not list serviceexports.multicluster.x-k8s.io in namespace shop",
		},
		{
			"a right in the core group for all namespaces", apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "",
				errors.New(`User "dev" cannot list resource "pods" in API group "" at the cluster scope`)),
			"user dev may not list pods",
		},
		{"what is not known better stands in one line", errors.New("one\n two"), "one two"},
		{"what is very long is cut", errors.New(strings.Repeat("x", 300)), strings.Repeat("x", 200) + "..."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := Because(tc.err); got != tc.want {
				t.Errorf("Because gives %q, want %q", got, tc.want)
			}
		})
	}
}
