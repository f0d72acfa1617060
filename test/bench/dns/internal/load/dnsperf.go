package load

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

const dnsperfProgram = "dnsperf"

// dnsperf runs the program of that name.
type dnsperf struct{}

// Name implements [Generator].
func (dnsperf) Name() string { return dnsperfProgram }

// starved is how often dnsperf may come to ask nothing at all: its time was over before a busy machine let it begin.
const starved = 10

// Run implements [Generator]. Queries carry EDNS, as dnsperf writes it: 4,096 octets.
func (dnsperf) Run(ctx context.Context, at Network, order Order) (Outcome, error) {
	for tried := 1; ; tried++ {
		o, err := once(ctx, at, order)
		if err != nil || o.Answered+o.Lost > 0 || tried == starved {
			return o, err
		}
	}
}

func once(ctx context.Context, at Network, order Order) (Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, order.For+patience+time.Minute)
	defer cancel()
	printed, err := at.Exec(ctx, dnsperfProgram,
		"-f", "inet", "-s", order.Server.Addr().String(), "-p", strconv.Itoa(int(order.Server.Port())),
		"-d", order.File, "-l", fmt.Sprintf("%.3f", order.For.Seconds()), "-Q", strconv.Itoa(order.Rate),
		"-c", strconv.Itoa(clients), "-T", "1", "-t", fmt.Sprintf("%.0f", patience.Seconds()), "-e")
	if err != nil {
		return Outcome{}, err
	}
	return parseDNSPerf(printed)
}

// What dnsperf prints at its end, and what is read of it.
var (
	completedLine = regexp.MustCompile(`Queries completed:\s+(\d+)`)
	lostLine      = regexp.MustCompile(`Queries lost:\s+(\d+)`)
	sizeLine      = regexp.MustCompile(`Average packet size:\s+request \d+, response (\d+)`)
	runTimeLine   = regexp.MustCompile(`Run time \(s\):\s+([0-9.]+)`)
	rcodesLine    = regexp.MustCompile(`Response codes:(.*)`)
	rcode         = regexp.MustCompile(`([A-Z]+)\s+(\d+)\s+\(`)
)

func parseDNSPerf(printed []byte) (Outcome, error) {
	o := Outcome{Rcodes: map[string]int{}}
	for _, field := range []struct {
		line *regexp.Regexp
		into *int
	}{{completedLine, &o.Answered}, {lostLine, &o.Lost}, {sizeLine, &o.AnswerBytes}} {
		found := field.line.FindSubmatch(printed)
		if found == nil {
			return Outcome{}, fmt.Errorf("reading what dnsperf printed: there is no line %q: %s", field.line, bytes.TrimSpace(printed))
		}
		n, err := strconv.Atoi(string(found[1]))
		if err != nil {
			return Outcome{}, fmt.Errorf("reading what dnsperf printed: %w", err)
		}
		*field.into = n
	}
	found := runTimeLine.FindSubmatch(printed)
	if found == nil {
		return Outcome{}, fmt.Errorf("reading what dnsperf printed: there is no line %q", runTimeLine)
	}
	seconds, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		return Outcome{}, fmt.Errorf("reading what dnsperf printed: %w", err)
	}
	o.Took = time.Duration(seconds * float64(time.Second))
	if line := rcodesLine.FindSubmatch(printed); line != nil { // absent when nothing was answered
		for _, pair := range rcode.FindAllSubmatch(line[1], -1) {
			n, err := strconv.Atoi(string(pair[2]))
			if err != nil {
				return Outcome{}, fmt.Errorf("reading what dnsperf printed: %w", err)
			}
			o.Rcodes[string(pair[1])] = n
		}
	}
	return o, nil
}
