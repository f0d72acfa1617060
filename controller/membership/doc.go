// Package membership answers three questions: who am I, who is in the clusterset, and who of them is alive.
//
//   - Who am I: [Identify] weighs the flag, the About API's property and the kube-system UID (KEP-2149).
//   - Who is in: [Clusterset] reads the hub's ClusterProfiles, the registry of members (KEP-4322), and [Roll] follows it
//     through time, so that a registry which vanishes as a whole is not taken for everybody's departure.
//   - Who is alive: [Watchdog] judges members' Leases by the changes this cluster sees itself, never by a remote clock.
//
// Everything here but [ReadStatement] and [ReadKubeSystemUID] is pure: no client, no clock, no goroutine; the time is an
// argument. Watching profiles and Leases and renewing the own Lease is controller/hub's. The package imports controller/mcs and
// API types.
package membership

//go:generate go run sigs.k8s.io/controller-tools/cmd/controller-gen@v0.23.0 object paths=.
