package lab

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/multicluster-dns/multicluster-dns/test/lab/internal/netspace"
)

// traffic is what carries packets for ClusterIPs, and why nothing better does.
type traffic struct {
	kind   string
	reason string
}

// Kinds of traffic, best first.
const (
	trafficKubeProxy = "kube-proxy"
	trafficStandIn   = "stand-in"
	trafficNone      = "none"
)

// trafficVariable limits what is tried to one kind: "stand-in" or "none".
const trafficVariable = "LAB_TRAFFIC"

// String is the kind, and the reason if it is not the best.
func (t traffic) String() string {
	if t.kind == trafficKubeProxy {
		return t.kind
	}
	return t.kind + ": " + t.reason
}

// trial is what kube-proxy asks of the kernel, in one small table: NAT at both ends of a packet's way, verdict maps, a
// choice among endpoints, and answers to refused packets.
const trial = `
table ip lab_trial {
	map choices {
		type ipv4_addr . inet_proto . inet_service : verdict
	}
	chain refusal {
		reject
	}
	chain disguise {
		masquerade fully-random
	}
	chain one {
		meta l4proto tcp dnat to 10.1.0.10:80
	}
	chain choose {
		numgen random mod 1 vmap { 0 : goto one }
	}
	chain output {
		type nat hook output priority -100
		ip daddr . meta l4proto . th dport vmap @choices
	}
	chain after {
		type nat hook postrouting priority 100
		fib daddr type local return
	}
}
`

// trialTimeout bounds the trial, which takes milliseconds.
const trialTimeout = 10 * time.Second

// chooseTraffic finds out what can carry packets for ClusterIPs here.
func chooseTraffic(ctx context.Context, isolation Isolation, wish string) traffic {
	switch {
	case !isolation.Namespaces():
		return traffic{trafficNone, isolation.Why}
	case wish == trafficStandIn, wish == trafficNone:
		return traffic{wish, trafficVariable + "=" + wish + " asks for it"}
	}
	nft, err := findAdministrators("nft")
	if err != nil {
		return traffic{trafficStandIn, "kube-proxy needs the program nft; install the package nftables"}
	}
	if err := try(ctx, nft); err != nil {
		return traffic{trafficStandIn, fmt.Sprintf("kube-proxy cannot program this kernel: %v", err)}
	}
	return traffic{kind: trafficKubeProxy}
}

// findAdministrators finds a program that may be in an administrators' directory only.
func findAdministrators(program string) (string, error) {
	for _, dir := range filepath.SplitList(administratorPath(os.Getenv("PATH"))) {
		path := filepath.Join(dir, program)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("finding %q: %w", program, exec.ErrNotFound)
}

// try lets nft do the trial in a namespace of its own.
func try(ctx context.Context, nft string) error {
	space, err := netspace.New("trial")
	if err != nil {
		return err
	}
	defer space.Close()
	ctx, cancel := context.WithTimeout(ctx, trialTimeout)
	defer cancel()
	var said strings.Builder
	command := exec.CommandContext(ctx, nft, "-f", "-")
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(trial), &said, &said
	if err := space.Spawn(command.Start); err != nil {
		return fmt.Errorf("running nft: %w", err)
	}
	if err := command.Wait(); err != nil {
		first, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n")
		return fmt.Errorf("running nft: %w: %s", err, first)
	}
	return nil
}
