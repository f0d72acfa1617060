package netspace

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// ErrClosed is returned by every use of a Space that was closed.
var ErrClosed = errors.New("network namespace is closed")

// Space is a place with its own interfaces, addresses, routes and firewall. All methods are safe for concurrent use.
//
// One thread lives in it from beginning to end, and starts its processes: the kernel sends a process its parent-death
// signal when the *thread* that started it ends. Everything else visits on a thread of its own and leaves again.
type Space struct {
	name   string
	jobs   chan job
	closed chan struct{} // the resident thread has gone
	close  sync.Once
	quit   chan struct{}

	mu     sync.RWMutex // written by Close, so that nobody works with a descriptor that is somebody else's by then
	inside *inside      // what the platform knows of the namespace; nil for the host's own
}

type job struct {
	run  func() error
	done chan<- error
}

// Host is the place we are in already, without a namespace of its own: code, sockets and processes are simply ours.
func Host() *Space {
	s := newSpace("host")
	settled := make(chan error, 1)
	go s.reside(func() (*inside, error) { return nil, nil }, settled)
	if err := <-settled; err != nil {
		panic(err) // there was nothing to prepare that could fail
	}
	return s
}

func newSpace(name string) *Space {
	return &Space{name: name, jobs: make(chan job), closed: make(chan struct{}), quit: make(chan struct{})}
}

// reside is the life of the resident thread. The thread is never unlocked, so it ends with the goroutine and takes with
// it whatever it changed about itself.
func (s *Space) reside(settle func() (*inside, error), settled chan<- error) {
	defer close(s.closed)
	runtime.LockOSThread()
	in, err := settle()
	s.inside = in // before settled, so before anybody has the Space
	settled <- err
	if err != nil {
		return
	}
	for {
		select {
		case j := <-s.jobs:
			j.done <- j.run()
		case <-s.quit:
			return
		}
	}
}

// Spawn runs f on the resident thread and returns its error. It is for starting processes: they get the parent-death
// signal when the Space is closed or we die. Keep f short; others wait for it.
func (s *Space) Spawn(f func() error) error {
	done := make(chan error, 1)
	select {
	case s.jobs <- job{run: f, done: done}:
		return <-done
	case <-s.closed:
		return fmt.Errorf("working in %s: %w", s.name, ErrClosed)
	}
}

// Do runs f on a thread inside the namespace and returns its error. Sockets that f opens belong to the namespace for
// good; goroutines that f starts do not run in it.
func (s *Space) Do(f func() error) error {
	if s.inside == nil {
		if err := s.use(func(*inside) error { return nil }); err != nil {
			return err
		}
		return f()
	}
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		var leave func() error
		err := s.use(func(in *inside) error {
			var err error
			leave, err = in.visit()
			return err
		})
		if err != nil {
			done <- err
			return // still locked: the thread ends here rather than serve others in an unknown place
		}
		err = f()
		if leaving := leave(); leaving != nil {
			done <- errors.Join(err, fmt.Errorf("leaving %s: %w", s.name, leaving))
			return
		}
		runtime.UnlockOSThread()
		done <- err
	}()
	return <-done
}

// use calls f with what the platform knows, unless the Space was closed.
func (s *Space) use(f func(*inside) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	select {
	case <-s.quit:
		return fmt.Errorf("working in %s: %w", s.name, ErrClosed)
	default:
		return f(s.inside)
	}
}

// Close ends the resident thread, and with it the processes it started. The namespace itself goes when the last socket
// and process in it has gone.
func (s *Space) Close() {
	s.close.Do(func() {
		close(s.quit)
		<-s.closed
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.inside != nil {
			s.inside.close()
		}
	})
}

// DialContext connects to a literal address and port from inside the namespace. It refuses names, because looking them
// up would start goroutines that are elsewhere.
func (s *Space) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if _, err := netip.ParseAddrPort(address); err != nil {
		return nil, fmt.Errorf("dialing %q: %w", address, err)
	}
	var conn net.Conn
	err := s.Do(func() error {
		var err error
		conn, err = new(net.Dialer).DialContext(ctx, network, address)
		return err
	})
	return conn, err
}

// freely lets a socket bind an address that was added a moment ago or whose last user is still in TIME_WAIT.
var freely = net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
	var inner error
	err := c.Control(func(fd uintptr) { inner = setReuseAddress(fd) })
	return errors.Join(err, inner)
}}

// Listen opens a TCP listener inside the namespace.
func (s *Space) Listen(ctx context.Context, address netip.AddrPort) (net.Listener, error) {
	var listener net.Listener
	err := s.Do(func() error {
		var err error
		listener, err = freely.Listen(ctx, "tcp", address.String())
		return err
	})
	return listener, err
}

// ListenPacket opens a UDP socket inside the namespace.
func (s *Space) ListenPacket(ctx context.Context, address netip.AddrPort) (net.PacketConn, error) {
	var conn net.PacketConn
	err := s.Do(func() error {
		var err error
		conn, err = freely.ListenPacket(ctx, "udp", address.String())
		return err
	})
	return conn, err
}

// settleTimeout bounds the making of a namespace, which takes milliseconds where it works at all.
const settleTimeout = 10 * time.Second
