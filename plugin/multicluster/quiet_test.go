package multicluster

import (
	"testing"
	"time"

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
	goleak.VerifyTestMain(settling{m})
}

// settling runs the tests, and gives the goroutines of connections the time to
// notice that the other side has ended, on a machine that has little of it.
type settling struct{ *testing.M }

func (s settling) Run() int {
	code := s.M.Run()
	for end := time.Now().Add(patience); code == 0 && goleak.Find() != nil && time.Now().Before(end); {
		continue // Find waits half a second itself.
	}
	return code
}
