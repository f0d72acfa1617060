package lab

import (
	"os"
	"os/exec"
	"testing"
)

// aloneVariable names the one test that a process is for.
const aloneVariable = "LAB_TEST_ALONE"

// alone has a test run in a process of its own, and says whether this is that process. A test that counts what is left needs it: the lab
// that the others share begins something new whenever a connection of it ends, which a watch does every few minutes.
func alone(t *testing.T) bool {
	t.Helper()
	if os.Getenv(aloneVariable) == t.Name() {
		return true
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), self, "-test.run=^"+t.Name()+"$")
	command.Env = append(os.Environ(), aloneVariable+"="+t.Name())
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("in a process of its own: %v\n%s", err, out)
	}
	return false
}
