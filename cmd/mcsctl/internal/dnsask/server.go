package dnsask

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/miekg/dns"
)

// Timeout bounds one question over one transport.
const Timeout = 3 * time.Second

// Server is one DNS server and the way to it. It may be used concurrently.
type Server struct {
	// Name is the server for people: an address, or the pod it is.
	Name string

	address string // host:port, unless it is reached through dial
	dial    func(ctx context.Context) (net.Conn, error)
}

// At is the server at an address, host:port; without a port it is 53.
func At(address string) Server {
	if _, _, err := net.SplitHostPort(address); err != nil {
		address = net.JoinHostPort(address, "53")
	}
	return Server{Name: address, address: address}
}

// Ask asks one question and returns the answer with the time it took: over UDP, and over TCP where the answer is truncated or only a
// stream leads to the server. An error says which server did not answer.
func (s Server) Ask(ctx context.Context, name string, qtype uint16) (*dns.Msg, time.Duration, error) {
	query := new(dns.Msg).SetQuestion(dns.Fqdn(name), qtype)
	query.SetEdns0(1232, false)
	begun := time.Now()
	answer, err := s.ask(ctx, query)
	took := time.Since(begun)
	if err != nil {
		return nil, took, fmt.Errorf("asking %s for %s: %w", s.Name, query.Question[0].Name, err)
	}
	return answer, took, nil
}

func (s Server) ask(ctx context.Context, query *dns.Msg) (*dns.Msg, error) {
	if s.dial != nil {
		return s.exchange(ctx, "tcp", query)
	}
	answer, err := s.exchange(ctx, "udp", query)
	if err == nil && !answer.Truncated {
		return answer, nil
	}
	// A lost packet is no silence yet.
	whole, again := s.exchange(ctx, "tcp", query)
	if again != nil {
		if err != nil {
			return nil, err
		}
		return answer, nil
	}
	return whole, nil
}

func (s Server) exchange(ctx context.Context, network string, query *dns.Msg) (*dns.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	client := &dns.Client{Net: network, Timeout: Timeout}
	if s.dial == nil {
		answer, _, err := client.ExchangeContext(ctx, query, s.address)
		return answer, err
	}
	connection, err := s.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	answer, _, err := client.ExchangeWithConnContext(ctx, query, &dns.Conn{Conn: connection})
	return answer, err
}
