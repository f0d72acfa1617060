package main

import (
	"os"
	"runtime/debug"
)

// garbage is how much memory may be garbage before it is collected, in percent of what is in use. Most of what is in use are caches
// that stay as they are for days, and the writes of which garbage comes cost the API server many times what collecting costs here:
// memory is worth more than the processor time saved by Go's own 100.
const garbage = 40

// spareMemory has garbage collected early, unless the environment says by GOGC how it is to be.
func spareMemory() {
	if _, said := os.LookupEnv("GOGC"); !said {
		debug.SetGCPercent(garbage)
	}
}
