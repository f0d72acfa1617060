package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// handlerPatience bounds the plugin's own benchmarks.
const handlerPatience = 5 * time.Minute

// benchmarkHandler runs the benchmarks in the plugin's package and returns their lines as Go prints them, none where there
// are none.
func benchmarkHandler(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, handlerPatience)
	defer cancel()
	command := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", ".", "-benchmem", module+"plugin/multicluster")
	command.Env = append(os.Environ(), "GOWORK=off")
	var said bytes.Buffer
	command.Stderr = &said
	printed, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("running the plugin's benchmarks: %w\n%s%s", err, printed, said.Bytes())
	}
	var results []string
	for line := range strings.Lines(string(printed)) {
		if strings.HasPrefix(line, "Benchmark") && strings.Contains(line, "ns/op") {
			results = append(results, strings.TrimSpace(line))
		}
	}
	return results, nil
}
