// Package pods says what commands need to know of pods: by which labels those of DNS servers and of the controller are found, and
// whether one that was read is ready.
//
// Here belong names, and judgements of one pod as functions of it. Reading pods is the callers'. It imports API types and manifests, and
// no client.
package pods
