package multicluster

import (
	"testing"

	clog "github.com/coredns/coredns/plugin/pkg/log"
	"go.uber.org/goleak"
)

func init() { clog.Discard() }

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}
