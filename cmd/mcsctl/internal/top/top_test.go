package top

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/health"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func seconds(s float64) *float64 { return &s }

// shop is a clusterset of two members with one service in both and one in conflict.
func shop(change ...func(*health.Report)) health.Report {
	created := noon.Add(-3 * time.Minute)
	r := health.Report{
		Hub: "hub", Clusterset: "prod", Healthy: true,
		Members: []health.Member{
			{ID: "east", State: health.Up, Silence: seconds(0.4), DNSWell: true},
			{ID: "west", State: health.Up, Silence: seconds(0.9), DNSWell: true},
		},
		Exports: []health.Export{
			{Cluster: "east", Context: "east", Namespace: "shop", Name: "checkout", State: health.StateReady, Well: true, Created: created},
			{Cluster: "east", Context: "east", Namespace: "data", Name: "pg", State: health.StateConflict, Reasons: []string{"PortConflict"}, Created: created},
		},
		Imports: []health.Import{
			{Cluster: "west", Context: "west", Namespace: "shop", Name: "checkout", Type: "ClusterSetIP", IPs: []string{"10.97.0.7"}, From: []string{"east"}, Ready: 2, Endpoints: 3, State: health.StateReady, Well: true, Created: created},
			{Cluster: "west", Context: "west", Namespace: "data", Name: "pg", Type: "Headless", From: []string{"east", "west"}, Ready: 4, Endpoints: 4, State: health.StateReady, Well: true, Created: created},
		},
	}
	for _, c := range change {
		c(&r)
	}
	return r
}

func TestChanges(t *testing.T) {
	for _, tc := range []struct {
		name          string
		before, after health.Report
		want          []string
	}{
		{"nothing new is nothing to say", shop(), shop(), nil},
		{"the first look names everything", health.Report{}, shop(), []string{
			"member east up", "member west up", "data/pg new from east,west, 4/4 ready", "data/pg conflict: Port", "shop/checkout new from east, 2/3 ready",
		}},
		{"endpoints that become ready", shop(), shop(func(r *health.Report) { r.Imports[0].Ready = 3 }), []string{"shop/checkout 2/3 -> 3/3 ready"}},
		{"a cluster that begins to export", shop(), shop(func(r *health.Report) { r.Imports[0].From = []string{"east", "west"} }), []string{"shop/checkout +west"}},
		{"a cluster that ends to export", shop(), shop(func(r *health.Report) { r.Imports[1].From = []string{"east"} }), []string{"data/pg -west"}},
		{"a conflict that ends", shop(), shop(func(r *health.Report) { r.Exports[1].State, r.Exports[1].Well = health.StateReady, true }), []string{"data/pg no conflict any more"}},
		{"a service that is gone", shop(), shop(func(r *health.Report) { r.Imports, r.Exports = r.Imports[:1], r.Exports[:1] }), []string{"data/pg gone"}},
		{"an export that is not valid any more", shop(), shop(func(r *health.Report) { r.Exports[0].State, r.Exports[0].Well = "NoService", false }), []string{"shop/checkout NoService"}},
		{"a member that falls silent", shop(), shop(func(r *health.Report) { r.Members[1].State = health.Stale }), []string{"member west up -> stale"}},
		{"a member that leaves", shop(), shop(func(r *health.Report) { r.Members = r.Members[:1] }), []string{"member west left"}},
		{"a DNS server that does not serve", shop(), shop(func(r *health.Report) { r.Members[1].DNSWell, r.Members[1].DNS = false, "timeout" }), []string{"member west DNS server does not serve: timeout"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, changes(tc.before, tc.after)); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}

// drawn is the model's screen without colours.
func drawn(m model) []string {
	var out []string
	for _, line := range strings.Split(colours.ReplaceAllString(m.draw(), ""), "\n") {
		out = append(out, strings.TrimRight(line, " "))
	}
	return out
}

// showing is a model that has read a report, on a screen of a size.
func showing(width, height int, report health.Report) model {
	m := model{ctx: context.Background(), interval: time.Second, explain: func(_ context.Context, name, from string) string { return "why " + name + " from " + from }}
	return send(m, tea.WindowSizeMsg{Width: width, Height: height}, looked{report: report, at: noon})
}

func send(m model, messages ...tea.Msg) model {
	for _, message := range messages {
		next, _ := m.Update(message)
		m = next.(model)
	}
	return m
}

func press(keys ...string) []tea.Msg {
	named := map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "up": tea.KeyUp, "down": tea.KeyDown, "backspace": tea.KeyBackspace, "end": tea.KeyEnd}
	var all []tea.Msg
	for _, key := range keys {
		if code, found := named[key]; found {
			all = append(all, tea.KeyPressMsg{Code: code})
			continue
		}
		all = append(all, tea.KeyPressMsg{Code: []rune(key)[0], Text: key})
	}
	return all
}

func TestDraw(t *testing.T) {
	for _, tc := range []struct {
		name          string
		width, height int
		report        health.Report
		want          []string
	}{
		{"a wide terminal has all columns", 80, 10, shop(), []string{
			" clusterset prod on hub hub  12:00:00  well",
			" hub o==0.4s==o east  o==0.9s==o west",
			"",
			" SERVICE        TYPE      CLUSTERS   READY  STATE           ADDRESS    AGE",
			" data/pg        headless  east,west  4/4    conflict: Port  pods       3m",
			" shop/checkout  vip       east       2/3    -               10.97.0.7  3m",
			"", "", "",
			" q quit  / filter  enter why  up, down",
		}},
		{"a member whose lag is known has it beside its name", 80, 9, shop(func(r *health.Report) {
			r.Members[1].Lag, r.Imports, r.Exports = seconds(0.05), nil, nil
		}), []string{
			" clusterset prod on hub hub  12:00:00  well",
			" hub o==0.4s==o east  o==0.9s==o west p99 50ms",
			"",
			" SERVICE  TYPE  CLUSTERS  READY  STATE  ADDRESS  AGE",
			" no service is exported",
			"", "", "",
			" q quit  / filter  enter why  up, down",
		}},
		{"on a narrow one the columns that matter stay", 48, 10, shop(), []string{
			" clusterset prod on hub hub  12:00:00  well",
			" hub o==0.4s==o east  o==0.9s==o west",
			"",
			" SERVICE        READY  STATE",
			" data/pg        4/4    conflict: Port",
			" shop/checkout  2/3    -",
			"", "", "",
			" q quit  / filter  enter why  up, down",
		}},
		{"a member that is silent is cut off", 60, 9, shop(func(r *health.Report) {
			r.Members[1].State, r.Members[1].Silence, r.Imports, r.Exports = health.Stale, seconds(372), nil, nil
			r.Problems = []health.Problem{{Severity: health.Broken}}
		}), []string{
			" clusterset prod on hub hub  12:00:00  1 broken: mcsctl stat",
			" hub o==0.4s==o east  o--x--o west (stale 6m12s)",
			"",
			" SERVICE  TYPE  CLUSTERS  READY  STATE  ADDRESS  AGE",
			" no service is exported",
			"", "", "",
			" q quit  / filter  enter why  up, down",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, drawn(showing(tc.width, tc.height, tc.report))); diff != "" {
				t.Errorf("screen (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNothingIsDrawnOutsideTheScreen(t *testing.T) {
	many := shop(func(r *health.Report) {
		for i := range 40 {
			r.Imports = append(r.Imports, health.Import{Cluster: mcs.ClusterID("west"), Namespace: strings.Repeat("n", 40), Name: fmt.Sprintf("s%02d", i), Type: "ClusterSetIP", Well: true})
		}
	})
	for _, width := range []int{1, 10, 20, 40, 80, 200} {
		for _, height := range []int{1, 5, 10, 24, 60} {
			m := send(showing(width, height, many), press("end")...)
			got := drawn(m)
			if len(got) > height {
				t.Errorf("%dx%d: %d lines", width, height, len(got))
			}
			for _, line := range got {
				if n := len([]rune(line)); n > width {
					t.Errorf("%dx%d: a line of %d columns: %q", width, height, n, line)
				}
			}
		}
	}
}

func TestKeys(t *testing.T) {
	for _, tc := range []struct {
		name string
		keys []string
		want string // a part of the screen
	}{
		{"a filter leaves what it matches", []string{"/", "p", "g"}, " /pg_   enter keep  esc clear"},
		{"it stays when it is kept", []string{"/", "p", "g", "enter"}, `filter "pg", esc clears`},
		{"what matches nothing says so", []string{"/", "z", "z"}, ` no service matches "zz"`},
		{"a letter can be taken back", []string{"/", "z", "backspace", "p"}, " /p_"},
		{"a q in the filter is a letter", []string{"/", "q"}, " /q_"},
		{"enter asks why of the chosen service", []string{"down", "enter"}, " why shop/checkout"},
		{"escape goes back to the table", []string{"enter", "esc"}, " q quit"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			screen := strings.Join(drawn(send(showing(80, 12, shop()), press(tc.keys...)...)), "\n")
			if !strings.Contains(screen, tc.want) {
				t.Errorf("the screen has no %q:\n%s", tc.want, screen)
			}
		})
	}
}

func TestWhyIsShownAndScrolled(t *testing.T) {
	m := send(showing(60, 8, shop()), press("down")...)
	next, command := m.Update(press("enter")[0])
	m = send(next.(model), command())
	if got, want := drawn(m)[2], "why checkout.shop.svc.clusterset.local from west"; got != want {
		t.Errorf("the answer is %q, want %q", got, want)
	}
	m = send(m, press("esc", "enter")...)
	m = send(m, explained{"1\n2\n3\n4\n5\n6\n7\n8\n9"})
	m = send(m, press("down", "down", "down", "down", "down", "down")...)
	if diff := cmp.Diff([]string{" why shop/checkout", "", "5", "6", "7", "8", "9", " esc back  up, down"}, drawn(m)); diff != "" {
		t.Errorf("scrolled (-want +got):\n%s", diff)
	}
	m = send(send(m, press("esc")...), explained{"too late"})
	if m.detail != nil {
		t.Error("an answer nobody waits for any more is shown")
	}
}

func TestEventsAreWhatChangedSinceTheLastLook(t *testing.T) {
	m := send(showing(60, 10, shop()), looked{report: shop(func(r *health.Report) { r.Imports[0].Ready = 3 }), at: noon.Add(2 * time.Second)})
	if got, want := drawn(m)[8], " 12:00:02 shop/checkout 2/3 -> 3/3 ready"; got != want {
		t.Errorf("the event is %q, want %q", got, want)
	}
	m = send(m, looked{err: errors.New("the hub is away"), at: noon.Add(4 * time.Second)})
	if got, want := drawn(m)[0], " clusterset prod on hub hub  12:00:02  not read: the hub is"; got != want {
		t.Errorf("the head is %q, want %q", got, want)
	}
}

func TestTheEarGoesByWhatItHears(t *testing.T) {
	var e ear
	silence := func(renewed time.Time, now time.Time) time.Duration {
		facts := health.Facts{Now: now, Members: []health.MemberFacts{{ID: "west", Lease: health.LeaseFacts{Renewed: renewed}}}}
		e.hear(&facts, now)
		return facts.Now.Sub(facts.Members[0].Lease.Renewed)
	}
	behind := noon.Add(-time.Hour) // west's clock
	if got := silence(behind, noon); got != time.Hour {
		t.Errorf("at the first look there is only what the Lease says: %v", got)
	}
	if got := silence(behind.Add(15*time.Second), noon.Add(15*time.Second)); got != 0 {
		t.Errorf("a Lease that was seen to move was heard now, whatever its clock: %v", got)
	}
	if got := silence(behind.Add(15*time.Second), noon.Add(25*time.Second)); got != 10*time.Second {
		t.Errorf("silence counts from what was heard last: %v", got)
	}
}

func TestWatchWritesEachChangeOnce(t *testing.T) {
	reports := []health.Report{shop(), shop(), shop(func(r *health.Report) { r.Imports[0].Ready = 3 })}
	n := -1
	read := func(context.Context) (health.Report, error) {
		n++
		if n == 1 || n == 2 {
			return health.Report{}, errors.New("the hub is\naway")
		}
		return reports[min(n, 2)], nil
	}
	var out bytes.Buffer
	if err := watch(context.Background(), &out, read, time.Millisecond, 4); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		got = append(got, line[len("15:04:05 "):])
	}
	want := []string{
		"member east up", "member west up", "data/pg new from east,west, 4/4 ready", "data/pg conflict: Port", "shop/checkout new from east, 2/3 ready",
		"not read: the hub is away", "shop/checkout 2/3 -> 3/3 ready",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestWrapped(t *testing.T) {
	for _, tc := range []struct {
		name, line string
		width      int
		want       []string
	}{
		{"a short line is itself", "one two", 10, []string{"one two"}},
		{"a long one is broken between words", "one two three four", 11, []string{"one two", "    three", "    four"}},
		{"a long word is broken", "abcdefghij", 6, []string{"abcdef", "    gh", "    ij"}},
		{"a screen too narrow to break for is left to be cut", "abcdefgh", 4, []string{"abcd", "    efgh"}},
		{"what is continued of a step stands below its text", " 1 ok    name        one two three four five six", 44, []string{" 1 ok    name        one two three four five", "                     six"}},
		{"an empty line stays", "", 10, []string{""}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, wrapped([]string{tc.line}, tc.width)); diff != "" {
				t.Errorf("wrapped (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFitKeepsColoursWhole(t *testing.T) {
	for _, tc := range []struct {
		name, line, want string
		width            int
	}{
		{"a short line is itself", "abc", "abc", 5},
		{"a long one is cut", "abcdef", "abc", 3},
		{"colours take no room and end", red("abcdef"), "\x1b[31mabc\x1b[0m", 3},
		{"letters of several bytes are one column", "äöüß", "äöü", 3},
		{"what moves the cursor is left out", "a\rb\x1b[2Jc", "ab[2Jc", 9},
		{"nothing fits no room", "abc", "", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := fit(tc.line, tc.width); got != tc.want {
				t.Errorf("fit = %q, want %q", got, tc.want)
			}
		})
	}
}
