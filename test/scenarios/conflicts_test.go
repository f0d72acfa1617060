package scenarios

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
)

var conflicts = []scenario{
	{
		name: "when the oldest export goes, the next one's properties stand", clause: `KEP-1645 "Constraints and Conflict Resolution"`,
		play: oldestGoes,
	},
	{
		name: "an import whose oldest export goes becomes headless with the next one", clause: `KEP-1645 "Headlessness"`,
		play: becomesHeadless,
	},
	{
		name: "exports of the same second are decided by cluster id, alike in every cluster", clause: `KEP-1645 "Constraints and Conflict Resolution"`,
		play: sameSecond,
	},
	{
		name: "a resolved conflict is taken back in every cluster, and transition times move only with the status", clause: `ServiceExport API, "Conflict"`,
		play: resolved,
	},
	{
		name: "of three exporters each that differs is counted", clause: `KEP-1645 "Constraints and Conflict Resolution"`,
		play: threeExporters,
	},
	{
		name: "an invalid export neither conflicts nor keeps others from being imported", clause: `KEP-1645 "Constraints and Conflict Resolution"`,
		play: invalidAmongOthers,
	},
}

func (s *stage) conflictMessage(ctx context.Context, m *clusterset.Member, name string) (string, error) {
	conflict, err := s.conflict(ctx, m, name)
	return conflict.message, err
}

// conflictCondition is what a scenario compares of a Conflict condition.
type conflictCondition struct {
	message string
	since   time.Time
}

func (s *stage) conflict(ctx context.Context, m *clusterset.Member, name string) (conflictCondition, error) {
	export := &mcsv1beta1.ServiceExport{}
	if err := m.Client.Get(ctx, s.key(name), export); err != nil {
		return conflictCondition{}, err
	}
	found := meta.FindStatusCondition(export.Status.Conditions, "Conflict")
	if found == nil {
		return conflictCondition{}, fmt.Errorf("export %q in %q has no condition Conflict", name, m.ID)
	}
	return conflictCondition{found.Message, found.LastTransitionTime.Time}, nil
}

func oldestGoes(s *stage) {
	older := s.offer(a(), "web", ports("http 80"), affinity(10))
	s.offer(b(), "web", ports("web 80"))
	both := plain("a", "b")
	both.Affinity, both.Timeout = "ClientIP", 10
	s.everywhere("the older export's properties hold", func(ctx context.Context, m *clusterset.Member) error {
		return s.shows(ctx, m, "web", both)
	})
	before, err := s.serviceImport(s.Context(), c(), "web")
	if err != nil {
		s.Fatal(err)
	}
	s.remove(a(), older.export)
	left := plain("b")
	left.Ports, left.Backends["b"] = []string{"web 80/TCP"}, []string{"web 80"}
	s.everywhere("what is left is the younger export as it is", func(ctx context.Context, m *clusterset.Member) error {
		return s.shows(ctx, m, "web", left)
	})
	s.eventually("there is no conflict left", func(ctx context.Context) error {
		return s.exportSays(ctx, b(), "web", "Conflict=False/NoConflicts")
	})
	after, err := s.serviceImport(s.Context(), c(), "web")
	if err != nil {
		s.Fatal(err)
	}
	if after.UID != before.UID || !slices.Equal(after.Spec.IPs, before.Spec.IPs) {
		s.Errorf("the import's IPs were %v and are %v", before.Spec.IPs, after.Spec.IPs)
	}
}

func becomesHeadless(s *stage) {
	older := s.offer(a(), "web")
	s.offer(b(), "web", headless)
	s.everywhere("the import has an IP", func(ctx context.Context, m *clusterset.Member) error {
		return s.shows(ctx, m, "web", plain("a", "b"))
	})
	s.remove(a(), older.export)
	left := plain("b")
	left.Type = "Headless"
	s.everywhere("the import is headless, without IP and derived Service", func(ctx context.Context, m *clusterset.Member) error {
		return s.shows(ctx, m, "web", left)
	})
	s.eventually("there is no conflict left", func(ctx context.Context) error {
		return s.exportSays(ctx, b(), "web", "Conflict=False/NoConflicts")
	})
}

// The offers stand before they are exported, so that the exports can come within one second; when they do not, it begins again.
func sameSecond(s *stage) {
	for attempt := range 10 {
		name := fmt.Sprintf("web-%d", attempt)
		offers := map[*clusterset.Member]*offer{
			a(): s.service(a(), name, ports("a 1")), b(): s.service(b(), name, ports("b 1")), c(): s.service(c(), name, ports("c 1")),
		}
		for _, m := range []*clusterset.Member{c(), b(), a()} {
			s.create(m, offers[m].export)
		}
		at := offers[a()].export.CreationTimestamp.Time
		if !at.Equal(offers[b()].export.CreationTimestamp.Time) || !at.Equal(offers[c()].export.CreationTimestamp.Time) {
			continue
		}
		want := plain("a", "b", "c.reg1")
		want.Ports = []string{"a 1/TCP"}
		for id := range want.Backends {
			want.Backends[id] = []string{"a 1"}
		}
		s.everywhere("the first id wins", func(ctx context.Context, m *clusterset.Member) error {
			return s.shows(ctx, m, name, want)
		})
		return
	}
	s.Fatal("in ten attempts no three exports were of the same second")
}

func resolved(s *stage) {
	s.offer(a(), "web")
	younger := s.offer(b(), "web", ports("http 8080"))
	disputed := map[string]conflictCondition{}
	for _, m := range []*clusterset.Member{a(), b()} {
		s.eventually("the conflict is said in "+m.ID, func(ctx context.Context) (err error) {
			if err := s.exportSays(ctx, m, "web", "Conflict=True/PortConflict"); err != nil {
				return err
			}
			disputed[m.ID], err = s.conflict(ctx, m, "web")
			return err
		})
	}
	// Transition times are in seconds: only in another one can it be seen that they do not move.
	s.eventually("a second has passed", func(context.Context) error {
		if latest := disputed["b"].since; time.Since(latest) < 1100*time.Millisecond {
			return fmt.Errorf("the conflict is of %v", latest)
		}
		return nil
	})
	s.patch(b(), younger.service, `{"spec":{"ports":[{"name":"http","port":8081}]}}`)
	s.eventually("another conflict of the same kind is there", func(ctx context.Context) error {
		return s.shows(ctx, c(), "web", func() view { v := plain("a", "b"); v.Backends["b"] = []string{"none"}; return v }())
	})
	for _, m := range []*clusterset.Member{a(), b()} {
		s.now("its time is that of the first in "+m.ID, func(ctx context.Context) error {
			got, err := s.conflict(ctx, m, "web")
			if err == nil && !got.since.Equal(disputed[m.ID].since) {
				err = fmt.Errorf("it was %v and is %v", disputed[m.ID].since, got.since)
			}
			return err
		})
	}
	s.patch(b(), younger.service, `{"spec":{"ports":[{"name":"http","port":80}]}}`)
	for _, m := range []*clusterset.Member{a(), b()} {
		s.eventually("the conflict is taken back in "+m.ID, func(ctx context.Context) error {
			if err := s.exportSays(ctx, m, "web", "Conflict=False/NoConflicts"); err != nil {
				return err
			}
			got, err := s.conflict(ctx, m, "web")
			if err == nil && !got.since.After(disputed[m.ID].since) {
				s.Errorf("the status changed in %s and its time did not", m.ID)
			}
			return err
		})
	}
}

func threeExporters(s *stage) {
	s.offer(a(), "web", exportedLabels(map[string]string{"x": "1"}))
	s.offer(b(), "web", exportedLabels(map[string]string{"x": "2"}))
	s.offer(c(), "web", exportedLabels(map[string]string{"x": "3"}))
	want := plain("a", "b", "c.reg1")
	want.Labels = map[string]string{"x": "1"}
	s.everywhere("the oldest export's labels hold", func(ctx context.Context, m *clusterset.Member) error {
		if err := s.shows(ctx, m, "web", want); err != nil {
			return err
		}
		got, err := s.conflictMessage(ctx, m, "web")
		if err == nil {
			if diff := cmp.Diff(`Conflicting labels x. Using "x=1" from oldest service export in "a". 2/3 clusters disagree.`, got); diff != "" {
				err = fmt.Errorf("message (-want +got):\n%s", diff)
			}
		}
		return err
	})
	s.everywhere("an Event names the winner and the field", func(ctx context.Context, m *clusterset.Member) error {
		return s.event(ctx, m, "web", "Conflict", `Conflicting labels x. Using "x=1" from oldest service export in "a".`)
	})
}

func invalidAmongOthers(s *stage) {
	s.create(a(), &mcsv1beta1.ServiceExport{ObjectMeta: s.meta("web")})
	s.eventually("an export without its Service is not valid", func(ctx context.Context) error {
		return s.exportSays(ctx, a(), "web", "Valid=False/NoService", "Conflict=absent")
	})
	s.offer(b(), "web", ports("http 8080"))
	want := plain("b")
	want.Ports, want.Backends["b"] = []string{"http 8080/TCP"}, []string{"http 8080"}
	s.everywhere("the other cluster's is imported", func(ctx context.Context, m *clusterset.Member) error {
		return s.shows(ctx, m, "web", want)
	})
	s.eventually("and conflicts with nothing", func(ctx context.Context) error {
		return s.exportSays(ctx, b(), "web", "Conflict=False/NoConflicts")
	})
	s.service(a(), "web")
	both := plain("a", "b")
	both.Backends["b"] = []string{"none"}
	s.everywhere("with its Service the older export wins", func(ctx context.Context, m *clusterset.Member) error {
		return s.shows(ctx, m, "web", both)
	})
}
