package pods

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// servers is everything that listens for one pod.
type servers struct {
	closers []io.Closer
	group   sync.WaitGroup
}

// port is one thing to listen on.
type port struct {
	protocol corev1.Protocol
	number   uint16
}

// portsOf lists the ports of all containers, each once. SCTP has nobody to answer it here.
func portsOf(pod *corev1.Pod) []port {
	var ports []port
	seen := map[port]bool{}
	for _, container := range pod.Spec.Containers {
		for _, p := range container.Ports {
			one := port{protocol: p.Protocol, number: uint16(p.ContainerPort)}
			if one.protocol == "" {
				one.protocol = corev1.ProtocolTCP
			}
			if one.protocol != corev1.ProtocolSCTP && !seen[one] {
				seen[one] = true
				ports = append(ports, one)
			}
		}
	}
	return ports
}

// Network is where pods are: it has their addresses and opens their sockets.
type Network interface {
	Listen(context.Context, netip.AddrPort) (net.Listener, error)
	ListenPacket(context.Context, netip.AddrPort) (net.PacketConn, error)
	AddAddress(netip.Addr) error
	RemoveAddress(netip.Addr) error
}

// serve listens on all ports at all addresses, or, with an error, on none.
func serve(ctx context.Context, n Network, cluster, pod string, addresses []netip.Addr, ports []port) (*servers, error) {
	s := &servers{}
	for _, address := range addresses {
		line := fmt.Sprintf("hello from %s in %s (%s)\n", pod, cluster, address)
		for _, p := range ports {
			var err error
			switch p.protocol {
			case corev1.ProtocolUDP:
				err = s.serveUDP(ctx, n, netip.AddrPortFrom(address, p.number), line)
			default:
				err = s.serveHTTP(ctx, n, netip.AddrPortFrom(address, p.number), line)
			}
			if err != nil {
				return nil, errors.Join(fmt.Errorf("listening for pod %q on %s/%d: %w", pod, p.protocol, p.number, err), s.close())
			}
		}
	}
	return s, nil
}

func (s *servers) serveHTTP(ctx context.Context, n Network, at netip.AddrPort, line string) error {
	listener, err := n.Listen(ctx, at)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = io.WriteString(w, line) // a client that has gone wants no answer
		}),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // clients that break off are daily bread
	}
	s.closers = append(s.closers, server)
	s.group.Go(func() { _ = server.Serve(listener) }) // it ends when closed, and says no more than that
	return nil
}

func (s *servers) serveUDP(ctx context.Context, n Network, at netip.AddrPort, line string) error {
	conn, err := n.ListenPacket(ctx, at)
	if err != nil {
		return err
	}
	s.closers = append(s.closers, conn)
	s.group.Go(func() {
		buffer := make([]byte, 1500)
		for {
			_, client, err := conn.ReadFrom(buffer)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				_, _ = conn.WriteTo([]byte(line), client)
			}
		}
	})
	return nil
}

// close stops listening, breaks what is connected, and returns when all of it has ended.
func (s *servers) close() error {
	var errs []error
	for _, closer := range s.closers {
		errs = append(errs, closer.Close())
	}
	s.group.Wait()
	return errors.Join(errs...)
}
