// Package docs keeps what is written true: its tests read the README and everything under docs/ and the manifests, and fail
// where a command, a file, a Corefile or an option named there does not exist. Here belong checks of prose against the
// repository, and no prose.
package docs
