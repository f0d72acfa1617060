package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/multicluster-dns/multicluster-dns/test/bench/dns/internal/proc"
)

// memoryReport is what a server holds, in octets.
type memoryReport struct {
	// HeapAlloc is what is alive on its heap after two garbage collections, HeapInuse the spans that hold it.
	HeapAlloc int64 `json:"heapAlloc"`
	HeapInuse int64 `json:"heapInuse"`
	// Resident and Peak are the kernel's view of the process, before the collections.
	Resident int64 `json:"resident"`
	Peak     int64 `json:"peak"`
}

// memory asks the kernel, and then the server itself after it collected its garbage twice: what dies only with its
// finalizer is gone then.
func (b *bench) memory(ctx context.Context, s *server) (memoryReport, error) {
	kernel, err := proc.MemoryOf(s.process.Pid())
	if err != nil {
		return memoryReport{}, err
	}
	m := memoryReport{Resident: kernel.Resident, Peak: kernel.Peak}
	var profile []byte
	for range 2 {
		if profile, err = b.pprof(ctx, s, "heap?gc=1&debug=1"); err != nil {
			return memoryReport{}, err
		}
	}
	if m.HeapAlloc, m.HeapInuse, err = parseHeap(profile); err != nil {
		return memoryReport{}, fmt.Errorf("measuring the heap of %s: %w", s.title, err)
	}
	return m, nil
}

// parseHeap reads the memory statistics at the end of a heap profile in its readable form.
func parseHeap(profile []byte) (alloc, inuse int64, err error) {
	lines := bufio.NewScanner(bytes.NewReader(profile))
	lines.Buffer(nil, 1<<20) // the list of all pauses is one line
	for lines.Scan() {
		name, value, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "# "), " = ")
		into := map[string]*int64{"HeapAlloc": &alloc, "HeapInuse": &inuse}[name]
		if into == nil {
			continue
		}
		if *into, err = strconv.ParseInt(value, 10, 64); err != nil {
			return 0, 0, err
		}
	}
	if err := lines.Err(); err != nil {
		return 0, 0, err
	}
	if alloc == 0 || inuse == 0 {
		return 0, 0, errors.New("there is no HeapAlloc and HeapInuse in the profile")
	}
	return alloc, inuse, nil
}

// pprof reads one of the server's profiles.
func (b *bench) pprof(ctx context.Context, s *server, what string) ([]byte, error) {
	client := &http.Client{
		Transport: &http.Transport{DialContext: b.cluster.DialContext, DisableKeepAlives: true},
		Timeout:   20 * time.Second,
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.pprof.String()+"/debug/pprof/"+what, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("reading profile %q of %s: %w", what, s.title, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<20))
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("it answers %s", response.Status)
	}
	if err != nil {
		return nil, fmt.Errorf("reading profile %q of %s: %w", what, s.title, err)
	}
	return body, nil
}
