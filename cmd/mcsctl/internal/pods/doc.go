// Package pods says what commands need to know of pods they have read: whether one is ready.
//
// Here belong judgements of one pod as functions of it. Reading pods is the callers'. It imports API types, and no client.
package pods
