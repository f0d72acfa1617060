// Package manifests holds the two ways to install this project to each other: what kubectl apply -k reads from manifests/, and what mcsctl
// applies from the same files embedded in it; and both to a real API server, which takes every object and would admit every pod.
//
// It has only tests, which need the lab's kubectl and one control plane. What the objects allow is tested in
// cmd/mcsctl/internal/join/exact, and what they are in manifests itself.
package manifests
