package load

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sync/errgroup"
)

// builtin asks by itself: every client sends one query, waits for its answer and sends the next when its turn has come.
type builtin struct{}

// Name implements [Generator].
func (builtin) Name() string { return "built-in" }

// Run implements [Generator]. Queries carry EDNS of 4,096 octets, as those of dnsperf do.
func (builtin) Run(ctx context.Context, at Network, order Order) (Outcome, error) {
	queries, err := readQueries(order.File)
	if err != nil {
		return Outcome{}, err
	}
	var next atomic.Int64
	begun := time.Now()
	turn := func() (query []byte, due time.Time) {
		n := next.Add(1) - 1
		return queries[n%int64(len(queries))], begun.Add(time.Duration(n) * time.Second / time.Duration(order.Rate))
	}
	var tallies [clients]tally
	group, asking := errgroup.WithContext(ctx)
	for i := range clients {
		group.Go(func() error {
			conn, err := at.DialContext(asking, "udp", order.Server.String())
			if err != nil {
				return err
			}
			defer conn.Close()
			return tallies[i].ask(asking, conn, turn, begun.Add(order.For))
		})
	}
	if err := group.Wait(); err != nil {
		return Outcome{}, fmt.Errorf("asking %s: %w", order.Server, err)
	}
	o := Outcome{Rcodes: map[string]int{}, Took: time.Since(begun)}
	octets := 0
	for _, t := range tallies {
		o.Lost += t.lost
		octets += t.octets
		for code, n := range t.rcodes {
			if n > 0 {
				o.Answered += n
				o.Rcodes[dns.RcodeToString[code]] += n
			}
		}
	}
	o.AnswerBytes = octets / max(1, o.Answered)
	return o, nil
}

// readQueries packs the questions of a file.
func readQueries(file string) ([][]byte, error) {
	input, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("reading questions: %w", err)
	}
	defer input.Close()
	var queries [][]byte
	lines := bufio.NewScanner(input)
	for lines.Scan() {
		name, qtype, _ := strings.Cut(lines.Text(), " ")
		code, ok := dns.StringToType[qtype]
		if !ok {
			return nil, fmt.Errorf("reading questions: %q has no type", lines.Text())
		}
		packed, err := new(dns.Msg).SetQuestion(name, code).SetEdns0(4096, false).Pack()
		if err != nil {
			return nil, fmt.Errorf("reading questions: %q: %w", lines.Text(), err)
		}
		queries = append(queries, packed)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading questions: %w", err)
	}
	if len(queries) == 0 {
		return nil, fmt.Errorf("reading questions: %q has none", file)
	}
	return queries, nil
}

// tally is what one client counts.
type tally struct {
	rcodes       [16]int
	lost, octets int
}

// ask asks until the end, and once in any case where that is in turn before it: a client may be late from the start. A query that is lost
// costs its client the patience, and no other.
func (t *tally) ask(ctx context.Context, conn net.Conn, turn func() ([]byte, time.Time), end time.Time) error {
	var query, buffer [65535]byte
	for asked := 0; ; asked++ {
		packed, due := turn()
		if due.After(end) || asked > 0 && time.Now().After(end) {
			return nil
		}
		if err := waitUntil(ctx, due); err != nil {
			return err
		}
		id, n := uint16(asked+1), copy(query[:], packed)
		binary.BigEndian.PutUint16(query[:], id)
		if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
			return err
		}
		if _, err := conn.Write(query[:n]); err != nil {
			return err
		}
		n, err := readAnswer(conn, buffer[:], id)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			t.lost++
		case err != nil:
			return err
		default:
			t.rcodes[buffer[3]&0xf]++
			t.octets += n
		}
	}
}

// readAnswer reads until the answer to the query with this id comes; those to earlier ones came too late.
func readAnswer(conn net.Conn, buffer []byte, id uint16) (int, error) {
	const header = 12
	for {
		n, err := conn.Read(buffer)
		if err != nil || n >= header && binary.BigEndian.Uint16(buffer) == id {
			return n, err
		}
	}
}

// waitUntil sleeps only where that is worth a timer, which is coarse.
func waitUntil(ctx context.Context, due time.Time) error {
	left := time.Until(due)
	if left < 50*time.Microsecond {
		return ctx.Err()
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
