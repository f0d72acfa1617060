package scenarios

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/test/await"
	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

// scenario is one sentence that holds, and the clause by which it must.
type scenario struct {
	name, clause string
	play         func(s *stage)
	// defect is what happens instead for now, "" where the sentence holds. Such a scenario is played when knownDefects is set.
	defect string
}

// knownDefects names the variable that has scenarios played which are known not to hold.
const knownDefects = "SCENARIOS_DEFECTS"

// TestScenarios plays the chapters one after the other.
func TestScenarios(t *testing.T) {
	chapters := []struct {
		title  string
		alone  string // why its scenarios play one by one; "" where they play at the same time
		scenes []scenario
	}{
		{title: "services", scenes: services},
		{title: "exports", scenes: exports},
		{title: "conflicts", scenes: append(conflictRows(), conflicts...)},
		{title: "imports", scenes: imports},
		{title: "members", scenes: members},
		{title: "traffic", scenes: traffic},
		{title: "failures", scenes: failures, alone: "they break the hub or a member"},
	}
	for _, chapter := range chapters {
		t.Run(chapter.title, func(t *testing.T) {
			for i, scene := range chapter.scenes {
				ns := fmt.Sprintf("%s-%d", chapter.title, i+1)
				t.Run(scene.name, func(t *testing.T) {
					results.note(t, scene)
					if scene.defect != "" && os.Getenv(knownDefects) == "" {
						t.Skipf("known defect, played where %s is set: %s", knownDefects, scene.defect)
					}
					if chapter.alone == "" {
						t.Parallel()
					}
					scene.play(enter(t, ns))
				})
			}
		})
	}
}

// results is the table at the end.
var results table

type table struct {
	mu   sync.Mutex
	rows []*row
}

type row struct{ clause, name, result string }

// note has the scenario in the table, with the result it ends with.
func (r *table) note(t *testing.T, scene scenario) {
	line := &row{clause: scene.clause, name: scene.name, result: "not finished"}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows = append(r.rows, line)
	t.Cleanup(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		switch {
		case t.Failed():
			line.result = "FAIL"
		case t.Skipped() && scene.defect != "":
			line.result = "known defect"
		case t.Skipped():
			line.result = "left out"
		default:
			line.result = "holds"
		}
	})
}

func (r *table) print(w io.Writer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	counts := map[string]int{}
	fmt.Fprintln(out, "\nscenario\tclause\tresult")
	for _, line := range r.rows {
		fmt.Fprintf(out, "%s\t%s\t%s\n", line.name, line.clause, line.result)
		counts[line.result]++
	}
	_ = out.Flush() // as with every line for the terminal
	var summary []string
	for _, result := range []string{"holds", "known defect", "left out", "FAIL", "not finished"} {
		if counts[result] > 0 {
			summary = append(summary, fmt.Sprintf("%d %s", counts[result], result))
		}
	}
	fmt.Fprintf(w, "%d scenarios: %s\n", len(r.rows), strings.Join(summary, ", "))
}

// stage is where one scenario plays: a namespace of its own in every member. The namespaces end with the clusterset.
type stage struct {
	*testing.T
	ns string
}

func enter(t *testing.T, ns string) *stage {
	s := &stage{T: t, ns: ns}
	for _, m := range set.Members {
		s.create(m, s.namespace())
	}
	return s
}

func (s *stage) namespace() *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.ns}}
}

func (s *stage) key(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: s.ns, Name: name}
}

// patience is how long something that must come to be so may take. It is never measured.
const patience = 3 * time.Minute

// eventually asks until got returns nil; when patience ends the scenario fails with what it last returned.
func (s *stage) eventually(what string, got func(ctx context.Context) error) {
	s.Helper()
	await.Holds(s.T, patience, 40*time.Millisecond, what, got)
}

// everywhere is eventually in every member.
func (s *stage) everywhere(what string, got func(ctx context.Context, m *clusterset.Member) error) {
	s.Helper()
	for _, m := range set.Members {
		s.eventually(what+", in "+m.ID, func(ctx context.Context) error { return got(ctx, m) })
	}
}

// now says what is so at this moment, of what must be so already.
func (s *stage) now(what string, got func(ctx context.Context) error) {
	s.Helper()
	if err := got(s.Context()); err != nil {
		s.Errorf("%s: not so: %v", what, err)
	}
}

func (s *stage) create(m *clusterset.Member, objects ...client.Object) {
	s.Helper()
	for _, object := range objects {
		if err := m.Client.Create(s.Context(), object); err != nil {
			s.Fatalf("creating %T %s in %q: %v", object, client.ObjectKeyFromObject(object), m.ID, err)
		}
	}
}

func (s *stage) remove(m *clusterset.Member, object client.Object) {
	s.Helper()
	if err := m.Client.Delete(s.Context(), object); err != nil {
		s.Fatalf("deleting %T %s in %q: %v", object, client.ObjectKeyFromObject(object), m.ID, err)
	}
}

func (s *stage) patch(m *clusterset.Member, object client.Object, format string, args ...any) {
	s.Helper()
	if err := m.Client.Patch(s.Context(), object, client.RawPatch(types.MergePatchType, fmt.Appendf(nil, format, args...))); err != nil {
		s.Fatalf("patching %T %s in %q: %v", object, client.ObjectKeyFromObject(object), m.ID, err)
	}
}

// needs leaves the scenario out for a reason, "" for none.
func (s *stage) needs(reason string) {
	s.Helper()
	if reason != "" {
		s.Skip(reason)
	}
}

// noIPv6 is why there is no IPv6, "" where there is.
func noIPv6() string {
	if isolation := set.Lab.Isolation(); !isolation.IPv6 {
		return "the lab's clusters have no IPv6 on this machine: " + isolation.Why
	}
	return ""
}
