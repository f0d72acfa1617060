package netspace_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/multicluster-dns/multicluster-dns/test/lab"
	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/netspace"
)

func TestMain(m *testing.M) {
	isolation, err := lab.Enter()
	if err != nil {
		fmt.Fprintln(os.Stderr, "netspace:", err)
		os.Exit(1)
	}
	if !isolation.Namespaces() {
		fmt.Fprintln(os.Stderr, "netspace: left out, there are no namespaces to test:", isolation.Why)
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func newSpace(t *testing.T, name string) *netspace.Space {
	t.Helper()
	s, err := netspace.New(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// where is the network namespace of the calling thread.
func where() (string, error) { return os.Readlink("/proc/thread-self/ns/net") }

func TestWorkIsDoneInsideAndTheThreadComesBack(t *testing.T) {
	home, err := where()
	if err != nil {
		t.Fatal(err)
	}
	a, b := newSpace(t, "a"), newSpace(t, "b")
	seen := map[string]bool{home: true}
	for _, s := range []*netspace.Space{a, b} {
		for _, enter := range []func(func() error) error{s.Do, s.Spawn} {
			var inside string
			if err := enter(func() (err error) { inside, err = where(); return err }); err != nil {
				t.Fatal(err)
			}
			seen[inside] = true
		}
	}
	if len(seen) != 3 {
		t.Errorf("work was done in %d namespaces, want 3: home, and one of each Space", len(seen))
	}
	for range 100 { // whatever threads there are by now
		done := make(chan string)
		go func() {
			at, _ := where()
			done <- at
		}()
		if at := <-done; at != home {
			t.Fatalf("a goroutine that entered nothing is in %s, want %s", at, home)
		}
	}
}

func TestAnErrorComesBackFromInside(t *testing.T) {
	s, wrong := newSpace(t, "a"), errors.New("wrong")
	host := netspace.Host()
	defer host.Close()
	for name, enter := range map[string]func(func() error) error{"Do": s.Do, "Spawn": s.Spawn, "the host's Do": host.Do, "the host's Spawn": host.Spawn} {
		if err := enter(func() error { return wrong }); !errors.Is(err, wrong) {
			t.Errorf("%s: %v, want %v", name, err, wrong)
		}
	}
}

func TestAnAddressIsThereFromAddToRemove(t *testing.T) {
	s := newSpace(t, "a")
	for _, address := range []string{"10.1.0.10", "fd10:1::a"} {
		a := netip.MustParseAddr(address)
		for range 2 { // adding what is there is no error
			if err := s.AddAddress(a); err != nil {
				t.Fatal(err)
			}
		}
		listener, err := s.Listen(t.Context(), netip.AddrPortFrom(a, 80))
		if err != nil {
			t.Fatal(err)
		}
		conn, err := s.DialContext(t.Context(), "tcp", netip.AddrPortFrom(a, 80).String())
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(conn.Close(), listener.Close()); err != nil {
			t.Error(err)
		}
		for range 2 { // removing what is gone is no error
			if err := s.RemoveAddress(a); err != nil {
				t.Fatal(err)
			}
		}
		if listener, err := s.Listen(t.Context(), netip.AddrPortFrom(a, 80)); err == nil {
			t.Errorf("%s is still there: %v", a, listener.Close())
		}
	}
}

func TestNamesAreNotDialed(t *testing.T) {
	s := newSpace(t, "a")
	if conn, err := s.DialContext(t.Context(), "tcp", "localhost:80"); err == nil {
		t.Errorf("dialed a name: %v", conn.Close())
	}
}

func TestPacketsPassBetweenSpacesOnOneBridgeUntilTheCableIsOut(t *testing.T) {
	bridge, err := netspace.NewBridge([]netip.Prefix{netip.MustParsePrefix("10.95.0.1/24")})
	if err != nil {
		t.Fatal(err)
	}
	defer bridge.Close()
	a, b := newSpace(t, "a"), newSpace(t, "b")
	if _, err := bridge.Plug(a, "a", []netip.Prefix{netip.MustParsePrefix("10.95.0.2/24")}); err != nil {
		t.Fatal(err)
	}
	cable, err := bridge.Plug(b, "b", []netip.Prefix{netip.MustParsePrefix("10.95.0.3/24")})
	if err != nil {
		t.Fatal(err)
	}
	pod := netip.MustParseAddr("10.2.0.10")
	if err := errors.Join(a.Route(netip.MustParsePrefix("10.2.0.0/16"), netip.MustParseAddr("10.95.0.3")), b.AddAddress(pod), b.Refuse(netip.MustParsePrefix("10.2.0.0/16"))); err != nil {
		t.Fatal(err)
	}
	listener, err := b.Listen(t.Context(), netip.AddrPortFrom(pod, 80))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	dial := func(address string, bound context.Context) error {
		conn, err := a.DialContext(bound, "tcp", address)
		if err == nil {
			err = conn.Close()
		}
		return err
	}
	if err := dial("10.2.0.10:80", t.Context()); err != nil {
		t.Errorf("a pod of the neighbour: %v", err)
	}
	if err := dial("10.2.0.11:80", t.Context()); !errors.Is(err, syscall.EHOSTUNREACH) {
		t.Errorf("a pod that is not there: %v, want %v", err, syscall.EHOSTUNREACH)
	}
	if err := cable.Disconnect(); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := dial("10.2.0.10:80", short); !errors.Is(err, context.DeadlineExceeded) && !os.IsTimeout(err) {
		t.Errorf("with the cable out: %v, want silence", err)
	}
	if err := cable.Connect(); err != nil {
		t.Fatal(err)
	}
	if err := dial("10.2.0.10:80", t.Context()); err != nil {
		t.Errorf("with the cable in again: %v", err)
	}
}

func TestClosingASpaceEndsItsProcessesAndRefusesWork(t *testing.T) {
	s := newSpace(t, "a")
	command := exec.Command("sleep", "3600")
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.Spawn(command.Start); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s.Close() // twice is once
	var exit *exec.ExitError
	if err := command.Wait(); !errors.As(err, &exit) || exit.String() != "signal: killed" {
		t.Errorf("its process ended with %v, want signal: killed", err)
	}
	for name, err := range map[string]error{
		"Do":            s.Do(func() error { return nil }),
		"Spawn":         s.Spawn(func() error { return nil }),
		"AddAddress":    s.AddAddress(netip.MustParseAddr("10.1.0.10")),
		"RemoveAddress": s.RemoveAddress(netip.MustParseAddr("10.1.0.10")),
	} {
		if !errors.Is(err, netspace.ErrClosed) {
			t.Errorf("%s says %v, want %v", name, err, netspace.ErrClosed)
		}
	}
}
