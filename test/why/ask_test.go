package why

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/multicluster-dns/multicluster-dns/test/await"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

// patience is how long something that must come to be so may take; it is never measured.
const patience = 4 * time.Minute

// explained is what `mcsctl why -o json` says.
type explained struct {
	Status int `json:"status"`
	Cause  *struct {
		ID      string `json:"id"`
		Fix     string `json:"fix"`
		Command bool   `json:"command"`
		Text    string `json:"text"`
	} `json:"cause"`
	Steps []struct {
		State, Name, Text, Cause string
	} `json:"steps"`
	Unseen []string `json:"unseen"`
}

func (e explained) String() string {
	var lines []string
	for _, s := range e.Steps {
		lines = append(lines, fmt.Sprintf("%-4s %-10s %s %s", s.State, s.Name, s.Text, s.Cause))
	}
	return fmt.Sprintf("status %d, cause %+v\n%s\nunseen: %q", e.Status, e.Cause, strings.Join(lines, "\n"), e.Unseen)
}

// why runs the command in the hub's network, from which every cluster is reached.
func why(ctx context.Context, arguments string) (explained, error) {
	var e explained
	out, status, err := shell(ctx, "mcsctl why "+arguments+" --request-timeout 4s -o json")
	if err != nil {
		return e, err
	}
	if err := json.Unmarshal([]byte(out), &e); err != nil {
		return e, fmt.Errorf("reading what why says: %w\n%s", err, out)
	}
	if e.Status != status {
		return e, fmt.Errorf("why exits with %d and writes status %d", status, e.Status)
	}
	return e, nil
}

// shell runs a line as a person would, from the root of the repository, and returns what it prints and its exit status.
func shell(ctx context.Context, line string) (out string, status int, err error) {
	root := filepath.Dir(filepath.Dir(lab.DefaultBinary()))
	script := fmt.Sprintf("export KUBECONFIG='%s' PATH='%s':\"$PATH\"; cd '%s' || exit 99\n%s", kubeconfig, filepath.Dir(program), root, line)
	output, err := set.Hub.Cluster.Exec(ctx, "sh", "-c", script)
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		if len(output) == 0 {
			return "", ended.ExitCode(), fmt.Errorf("running %q: %w", line, err)
		}
		return string(output), ended.ExitCode(), nil
	}
	return string(output), 0, err
}

// eventually asks until got returns nil; when patience ends the test fails with what it last returned.
func eventually(t *testing.T, what string, got func(ctx context.Context) error) {
	t.Helper()
	await.Holds(t, patience, 200*time.Millisecond, what, got)
}

// resolves waits until why finds nothing wrong.
func resolves(t *testing.T, what, arguments string) {
	t.Helper()
	eventually(t, what, func(ctx context.Context) error {
		e, err := why(ctx, arguments)
		if err == nil && e.Status != 0 {
			err = errors.New(e.String())
		}
		return err
	})
}
