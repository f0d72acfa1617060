package multicluster

import (
	"testing"

	clog "github.com/coredns/coredns/plugin/pkg/log"
	"github.com/go-logr/logr"
	"go.uber.org/goleak"
	crlog "sigs.k8s.io/controller-runtime/pkg/log"
)

func init() {
	clog.Discard()
	crlog.SetLogger(logr.Discard()) // of envtest
}

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}
