package hub

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/google/go-cmp/cmp"
)

func TestContactReportsEachChangeOnce(t *testing.T) {
	now := time.Unix(1000, 0)
	var lines []string
	changes := 0
	c := &contact{
		log:          funcr.New(func(_, args string) { lines = append(lines, args) }, funcr.Options{}),
		now:          func() time.Time { return now },
		notify:       func() { changes++ },
		unauthorized: make(chan struct{}, 1),
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	late, expire := context.WithTimeout(t.Context(), 0)
	defer expire()
	var answer func() (*http.Response, error)
	transport := c.wrap(roundTripper(func(*http.Request) (*http.Response, error) { return answer() }))
	status := func(code int) func() (*http.Response, error) {
		return func() (*http.Response, error) {
			return &http.Response{StatusCode: code, Status: http.StatusText(code)}, nil
		}
	}
	fails := func() (*http.Response, error) { return nil, errors.New("no route") }

	for _, tc := range []struct {
		name      string
		ctx       context.Context
		answer    func() (*http.Response, error)
		connected bool
		line      string // logged by this request; "" is none
	}{
		{"a request that we gave up says nothing", canceled, fails, false, ""},
		{"the first answer", t.Context(), status(200), true, `"msg"="Hub is reachable"`},
		{"another answer", t.Context(), status(200), true, ""},
		{"not found is an answer", t.Context(), status(404), true, ""},
		{"forbidden is an answer", t.Context(), status(403), true, ""},
		{"giving up a request is no outage", canceled, fails, true, ""},
		{"no answer in time is", late, fails, false, "no route"},
		{"so is an error, which is no news any more", t.Context(), fails, false, ""},
		{"an answer after an outage", t.Context(), status(200), true, `"after"="1m0s"`},
		{"credentials that are refused", t.Context(), status(401), false, "does not accept the credentials"},
		{"accepted again", t.Context(), status(200), true, "reachable again"},
		{"a hub that fails", t.Context(), status(503), false, "Service Unavailable"},
	} {
		before, wasConnected, waiting := len(lines), c.connected(), c.recovery()
		answer = tc.answer
		request, err := http.NewRequestWithContext(tc.ctx, http.MethodGet, "https://hub.example.org", nil)
		if err != nil {
			t.Fatal(err)
		}
		if response, err := transport.RoundTrip(request); err == nil && response.Body != nil {
			if err := response.Body.Close(); err != nil {
				t.Error(err)
			}
		}
		if c.connected() != tc.connected {
			t.Errorf("%s: connected %v", tc.name, c.connected())
		}
		got := strings.Join(lines[before:], "\n")
		if tc.line == "" && got != "" || !strings.Contains(got, tc.line) {
			t.Errorf("%s: logged %q, want %q", tc.name, got, tc.line)
		}
		select {
		case <-waiting:
			if wasConnected || !tc.connected {
				t.Errorf("%s: counts as a recovery", tc.name)
			}
		default:
			if !wasConnected && tc.connected {
				t.Errorf("%s: does not count as a recovery", tc.name)
			}
		}
		now = now.Add(time.Minute / 2)
	}
	if changes != len(lines) {
		t.Errorf("%d changes were told and %d logged", changes, len(lines))
	}
	select {
	case <-c.unauthorized:
	default:
		t.Error("that the credentials were refused was not passed on")
	}
}

// Requests are under way side by side: those that waited for a hub that was away may fail when another was answered already, and one
// that was sent before it went may be answered afterwards.
func TestOnlyWhatWasSentSinceAChangeTellsOfTheNext(t *testing.T) {
	var lines []string
	c := &contact{
		log: funcr.New(func(_, args string) { lines = append(lines, args) }, funcr.Options{}),
		now: func() time.Time { return time.Unix(1000, 0) }, notify: func() {},
	}
	send := func(outcome func() error) {
		t.Helper()
		transport := c.wrap(roundTripper(func(*http.Request) (*http.Response, error) {
			if err := outcome(); err != nil {
				return nil, err
			}
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
		}))
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://hub.example.org", nil)
		if err != nil {
			t.Fatal(err)
		}
		if response, err := transport.RoundTrip(request); err == nil {
			if err := response.Body.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	answered := func() error { return nil }
	lost := func() error { return errors.New("connection lost") }
	wantConnected := func(what string, want bool) {
		t.Helper()
		if c.connected() != want {
			t.Errorf("%s: connected %t, want %t", what, !want, want)
		}
	}

	send(answered)
	send(func() error { // the first of two that wait, and the last to hear
		send(lost)
		send(answered)
		return lost()
	})
	wantConnected("one that was sent before the hub was back fails", true)
	send(func() error {
		send(lost)
		return answered()
	})
	wantConnected("one that was sent before the hub went is answered", false)
	send(answered)
	wantConnected("one that was sent since is answered", true)
	send(lost)
	wantConnected("one that was sent since is lost", false)

	var got []string
	for _, line := range lines {
		for _, what := range []string{"unreachable", "reachable again", "reachable"} {
			if strings.Contains(line, what) {
				got = append(got, what)
				break
			}
		}
	}
	want := []string{"reachable", "unreachable", "reachable again", "unreachable", "reachable again", "unreachable"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}
