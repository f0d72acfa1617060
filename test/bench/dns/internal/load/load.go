package load

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Network is where the server is reached: a cluster of the lab.
type Network interface {
	// DialContext connects from there.
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	// Exec runs a program there and returns what it printed.
	Exec(ctx context.Context, argv ...string) ([]byte, error)
}

// Order is what to ask whom. All fields are needed.
type Order struct {
	Server netip.AddrPort
	// File has a line "NAME TYPE" for each question; they are asked in order, again and again.
	File string
	// For bounds the time, Rate the queries in a second.
	For  time.Duration
	Rate int
}

// Outcome is what came of it.
type Outcome struct {
	// Answered and Lost count queries; Lost ones had no answer in time.
	Answered, Lost int
	// Rcodes counts the answers by response code.
	Rcodes map[string]int
	// Took is how long it asked.
	Took time.Duration
	// AnswerBytes is the mean size of an answer in octets.
	AnswerBytes int
}

// Check is nil for an outcome with answers of these codes and no others, and fewer than one query in a hundred lost.
func (o Outcome) Check(rcodes ...int) error {
	var allowed []string
	for _, rcode := range rcodes {
		allowed = append(allowed, dns.RcodeToString[rcode])
	}
	for _, rcode := range slices.Sorted(maps.Keys(o.Rcodes)) {
		if !slices.Contains(allowed, rcode) {
			return fmt.Errorf("%d of %d answers are %s, not %s", o.Rcodes[rcode], o.Answered, rcode, strings.Join(allowed, " or "))
		}
	}
	if o.Answered == 0 || o.Lost*100 > o.Answered {
		return fmt.Errorf("%d queries were answered and %d lost", o.Answered, o.Lost)
	}
	return nil
}

// Generator is a way to generate load.
type Generator interface {
	// Name says which.
	Name() string
	// Run asks until the time is over or ctx ends.
	Run(ctx context.Context, at Network, order Order) (Outcome, error)
}

// Generators are the names that [New] takes.
const Generators = "dnsperf, builtin or auto"

// New is the generator of a name: "dnsperf", "builtin", or "auto" for dnsperf where it is installed.
func New(name string) (Generator, error) {
	_, err := exec.LookPath(dnsperfProgram)
	switch {
	case name == "builtin", name == "auto" && err != nil:
		return builtin{}, nil
	case name == "auto", name == "dnsperf" && err == nil:
		return dnsperf{}, nil
	case name == "dnsperf":
		return nil, fmt.Errorf("choosing dnsperf: %w", err)
	}
	return nil, fmt.Errorf("choosing load generator %q: there are %s", name, Generators)
}

// clients is how many sockets ask at a time: each is a client to the server.
const clients = 8

// patience is how long an answer is waited for.
const patience = 2 * time.Second
