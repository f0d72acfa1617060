package main

import (
	"runtime/debug"
	"strings"
)

// build names what was built, for the place of the commit in -version, where
// CoreDNS' own build would have its commit: the module, its version and the
// revision it was built from, as far as the binary knows them.
func build(info *debug.BuildInfo, ok bool) string {
	if !ok {
		return ""
	}
	words := []string{"multicluster-dns"}
	if v := info.Main.Version; v != "" {
		words = append(words, v)
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && !strings.Contains(info.Main.Version, s.Value[:min(12, len(s.Value))]) {
			words = append(words, s.Value[:min(12, len(s.Value))])
		}
	}
	return strings.Join(words, " ")
}
