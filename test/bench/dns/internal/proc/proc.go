package proc

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of times in /proc/PID/stat: USER_HZ, which Linux fixes at 100 for programs.
const tick = time.Second / 100

// Runs is nil if the process was started with that argument. Where /proc shows another process namespace than ours, a number
// means somebody else or nobody.
func Runs(pid int, argument string) error {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return fmt.Errorf("finding process %d in /proc: %w", pid, err)
	}
	if !slices.Contains(strings.Split(string(content), "\x00"), argument) {
		return fmt.Errorf("finding process %d in /proc: it is not the one with the argument %q", pid, argument)
	}
	return nil
}

// CPU is how long a process computed so far, in its own code and in the kernel for it. It comes in steps of 10 ms.
func CPU(pid int) (time.Duration, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("reading the CPU time of process %d: %w", pid, err)
	}
	cpu, err := parseStat(content)
	if err != nil {
		return 0, fmt.Errorf("reading the CPU time of process %d: %w", pid, err)
	}
	return cpu, nil
}

// parseStat adds utime and stime, the 14th and 15th field. The second is the program's name, which may contain anything.
func parseStat(stat []byte) (time.Duration, error) {
	rest := stat[bytes.LastIndexByte(stat, ')')+1:]
	const utime, stime = 14 - 3, 15 - 3 // the third field is the first of rest
	fields := bytes.Fields(rest)
	if len(fields) <= stime {
		return 0, errors.New("there are too few fields in stat")
	}
	var sum time.Duration
	for _, field := range [][]byte{fields[utime], fields[stime]} {
		ticks, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return 0, err
		}
		sum += time.Duration(ticks) * tick
	}
	return sum, nil
}

// Memory is what a process holds in memory, in octets.
type Memory struct {
	// Resident is now, Peak the most it ever was.
	Resident, Peak int64
}

// MemoryOf reads the memory of a process.
func MemoryOf(pid int) (Memory, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return Memory{}, fmt.Errorf("reading the memory of process %d: %w", pid, err)
	}
	m, err := parseStatus(string(content))
	if err != nil {
		return Memory{}, fmt.Errorf("reading the memory of process %d: %w", pid, err)
	}
	return m, nil
}

func parseStatus(status string) (Memory, error) {
	var m Memory
	for line := range strings.Lines(status) {
		name, value, _ := strings.Cut(line, ":")
		into := map[string]*int64{"VmRSS": &m.Resident, "VmHWM": &m.Peak}[name]
		if into == nil {
			continue
		}
		kilobytes, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
		if err != nil {
			return Memory{}, err
		}
		*into = kilobytes << 10
	}
	if m.Resident == 0 || m.Peak == 0 {
		return Memory{}, errors.New("there is no VmRSS and VmHWM in status")
	}
	return m, nil
}
