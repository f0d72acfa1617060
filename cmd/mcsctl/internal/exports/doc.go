// Package exports is `mcsctl export` and `mcsctl unexport`: one Service into the clusterset and out of it again.
//
// Here belongs what such a command writes and what it refuses. decide is pure and holds the rules; the rest reads its facts, writes
// what it decided and waits for what comes of it. It imports annotate for the annotation's key, mcs, and the packages that all
// commands share.
package exports
