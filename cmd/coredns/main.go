package main

import (
	"runtime/debug"

	_ "github.com/coredns/coredns/core/plugin" // the stock plugins
	"github.com/coredns/coredns/coremain"

	_ "github.com/multicluster-dns/multicluster-dns/plugin/multicluster"
)

func main() {
	if coremain.GitCommit == "" {
		coremain.GitCommit = build(debug.ReadBuildInfo())
	}
	coremain.Run()
}
