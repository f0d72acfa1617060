package clusterset

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"
)

// answerPatience bounds one question. Nothing is lost on the way inside one machine: an answer that takes long is one that a busy machine
// has not come to yet.
const answerPatience = 10 * time.Second

// Query asks the member's DNS server one question over UDP, and over TCP where the answer was truncated, from inside the
// member's network.
func (m *Member) Query(ctx context.Context, name string, qtype uint16) (*dns.Msg, error) {
	query := new(dns.Msg).SetQuestion(dns.Fqdn(name), qtype)
	query.SetEdns0(1232, false)
	answer, err := m.exchange(ctx, "udp", query)
	if err == nil && answer.Truncated {
		return m.exchange(ctx, "tcp", query)
	}
	return answer, err
}

func (m *Member) exchange(ctx context.Context, network string, query *dns.Msg) (*dns.Msg, error) {
	connection, err := m.Cluster.DialContext(ctx, network, m.Cluster.DNS().String())
	if err != nil {
		return nil, fmt.Errorf("dialling the DNS server of %q: %w", m.ID, err)
	}
	defer connection.Close()
	client := &dns.Client{Net: network, Timeout: answerPatience}
	answer, _, err := client.ExchangeWithConnContext(ctx, query, &dns.Conn{Conn: connection, UDPSize: dns.DefaultMsgSize})
	if err != nil {
		return nil, fmt.Errorf("asking %q for %s: %w", m.ID, query.Question[0].Name, err)
	}
	return answer, nil
}

// Addresses returns the addresses in an answer, sorted.
func Addresses(answer *dns.Msg) []string {
	var out []string
	for _, rr := range answer.Answer {
		switch rr := rr.(type) {
		case *dns.A:
			out = append(out, rr.A.String())
		case *dns.AAAA:
			out = append(out, rr.AAAA.String())
		}
	}
	slices.Sort(out)
	return out
}

// Get makes an HTTP request to address and port as a client in the member would, on a connection of its own, and returns the
// body.
func (m *Member) Get(ctx context.Context, address string, port int) (string, error) {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return "", fmt.Errorf("dialling from %q: %w", m.ID, err)
	}
	url := "http://" + netip.AddrPortFrom(ip, uint16(port)).String()
	client := &http.Client{Timeout: answerPatience, Transport: &http.Transport{
		DisableKeepAlives: true, // each request is a connection, which a virtual address distributes
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			return m.Cluster.DialContext(ctx, network, address)
		},
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", fmt.Errorf("getting %s from %q: %w", url, m.ID, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 4096))
	if err != nil {
		return "", fmt.Errorf("getting %s from %q: %w", url, m.ID, err)
	}
	return string(body), nil
}
