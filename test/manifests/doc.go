// Package manifests holds the two ways to install this project to each other: what kubectl apply -k reads from manifests/, and what mcsctl
// applies from the same files embedded in it.
//
// It has only a test, which needs the lab's kubectl and no cluster. What the objects allow is tested in cmd/mcsctl/internal/join/exact, and
// what they are in manifests itself.
package manifests
