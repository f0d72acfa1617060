package main

import (
	"bufio"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// report is everything one run measured; its JSON has every round.
type report struct {
	Begun     time.Time    `json:"begun"`
	Ended     time.Time    `json:"ended"`
	Arguments []string     `json:"arguments"`
	Machine   machine      `json:"machine"`
	Generator string       `json:"generator"`
	Rate      int          `json:"rate"`
	Rounds    int          `json:"rounds"`
	Round     string       `json:"round"`
	Sets      []*setReport `json:"sets"`
	Handler   []string     `json:"handler,omitempty"`
}

// machine is where it ran.
type machine struct {
	CPU       string `json:"cpu"`
	Cores     int    `json:"cores"`
	Kernel    string `json:"kernel"`
	Go        string `json:"go"`
	CoreDNS   string `json:"coredns"`
	LoadBegun string `json:"loadBegun"` // of the whole machine: one, five and fifteen minutes
	LoadEnded string `json:"loadEnded"`
}

// setReport is one data set. A figure that was not asked for is empty.
type setReport struct {
	Name            string         `json:"name"`
	Shape           string         `json:"shape"`
	Services        int            `json:"services"`
	Endpoints       int            `json:"endpoints"`
	Slices          int            `json:"slices"`
	PopulateSeconds float64        `json:"populateSeconds"`
	ComparedNames   int            `json:"comparedNames"`
	Starts          []startReport  `json:"starts"`
	CPU             []mixReport    `json:"cpu,omitempty"`
	Changes         []changeReport `json:"changes,omitempty"`
	Large           *largeReport   `json:"large,omitempty"`
	Outage          *outageReport  `json:"outage,omitempty"`
}

// startReport is all about the starts of one software.
type startReport struct {
	Software     string         `json:"software"`
	Runs         []watchedStart `json:"runs"`
	AfterSync    memoryReport   `json:"afterSync"`
	AfterQueries memoryReport   `json:"afterQueries"`
	BytesRead    int64          `json:"bytesRead"`
}

// mixReport is the cost of one kind of load.
type mixReport struct {
	Mix     string      `json:"mix"`
	Title   string      `json:"title"`
	Servers []mixServer `json:"servers"`
}

// mixServer is that cost for one server, round by round.
type mixServer struct {
	Software     string    `json:"software"`
	Microseconds []float64 `json:"microseconds"` // of CPU for a query
	PerSecond    []float64 `json:"perSecond"`    // answers
	AnswerBytes  int       `json:"answerBytes"`
	Lost         int       `json:"lost"`
}

// String is the report on one line.
func (m mixReport) String() string {
	var words []string
	for _, s := range m.Servers {
		words = append(words, fmt.Sprintf("%s %.1f us", s.Software, median(s.Microseconds)))
	}
	return strings.Join(words, ", ")
}

// changeReport is how long changes took to be seen under one load.
type changeReport struct {
	Load    string         `json:"load"`
	Servers []changeServer `json:"servers"`
}

// changeServer is that for one server, change by change, in milliseconds since the PATCH was sent: when its response was
// there, and when an answer had the change.
type changeServer struct {
	Software string    `json:"software"`
	Written  []float64 `json:"written"`
	Seen     []float64 `json:"seen"`
	// Unanswered counts queries that had no answer in time, Missed changes that were not seen at all while they were
	// looked for; their time is how long that was.
	Unanswered int `json:"unanswered"`
	Missed     int `json:"missed"`
}

func (s *changeServer) add(c change) {
	s.Unanswered += c.silent
	if c.missed {
		s.Missed++
	}
	s.Written, s.Seen = append(s.Written, milliseconds(c.written)), append(s.Seen, milliseconds(c.seen))
}

// afterWrite is how much later than the response of the PATCH the answers had the changes; less than 0 is earlier.
func (s changeServer) afterWrite() []float64 {
	var all []float64
	for i := range s.Seen {
		all = append(all, s.Seen[i]-s.Written[i])
	}
	return all
}

// largeReport is about the one very large service.
type largeReport struct {
	Endpoints int            `json:"endpoints"`
	Changes   []changeServer `json:"changes"`
	Costs     []largeCost    `json:"costs"`
}

// largeCost is what a change of one of its endpoints costs, with what is asked after it.
type largeCost struct {
	After      string        `json:"after"`
	Servers    []largeServer `json:"servers"`
	Unanswered int           `json:"unanswered"` // queries that had no answer in time
}

// largeServer is that cost for one server.
type largeServer struct {
	Software     string  `json:"software"`
	Microseconds float64 `json:"microseconds"` // of CPU for a change
}

// outageReport is about starts without an API server.
type outageReport struct {
	WatchedFor    string        `json:"watchedFor"`
	SnapshotBytes int64         `json:"snapshotBytes"` // 0: none was written
	Starts        []outageStart `json:"starts"`
}

// outageStart is one of them.
type outageStart struct {
	Software string `json:"software"`
	watchedStart
}

func newReport(o options, generator, programs string, now time.Time) *report {
	return &report{
		Begun: now, Arguments: o.arguments, Generator: generator, Rate: o.rate, Rounds: o.rounds, Round: o.round.String(),
		Machine: machine{
			CPU: cpuModel(), Cores: runtime.NumCPU(), Kernel: firstLine("/proc/sys/kernel/osrelease"), Go: runtime.Version(),
			CoreDNS: coreDNSVersion(filepath.Join(programs, ours.program)), LoadBegun: loadAverage(),
		},
	}
}

func (r *report) finish(now time.Time) { r.Ended, r.Machine.LoadEnded = now, loadAverage() }

// write prints the tables to out, and everything to a file of that name unless it is empty.
func (r *report) write(file string, out io.Writer) error {
	if file != "" {
		if err := r.writeJSON(file); err != nil {
			return err
		}
	}
	return r.print(out)
}

func (r *report) writeJSON(path string) error {
	content, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return fmt.Errorf("writing the figures: %w", err)
	}
	if err := os.WriteFile(path, append(content, '\n'), 0o644); err != nil {
		return fmt.Errorf("writing the figures: %w", err)
	}
	return nil
}

// cpuModel is what the kernel calls the processor, and empty where it says nothing.
func cpuModel() string {
	file, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if name, value, _ := strings.Cut(lines.Text(), ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func loadAverage() string {
	fields := strings.Fields(firstLine("/proc/loadavg"))
	return strings.Join(fields[:min(3, len(fields))], " ")
}

func firstLine(path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(content), "\n")
	return line
}

// coreDNSVersion is the one that a server was built from.
func coreDNSVersion(program string) string {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return ""
	}
	for _, dependency := range info.Deps {
		if dependency.Path == "github.com/coredns/coredns" {
			return dependency.Version
		}
	}
	return ""
}
