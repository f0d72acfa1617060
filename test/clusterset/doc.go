// Package clusterset puts a whole clusterset on the lab: a hub, members joined to it, and in each member our own unmodified
// binaries under exactly the permissions that manifests/ ships. The demo, the end-to-end tests and the benchmarks run on it.
//
// Here belongs what makes lab clusters a clusterset, and asking a member as a client in it would. Starting control planes is
// test/lab's; what a test proves is the test's. It imports test/lab, manifests and controller; nothing outside test and
// cmd/mcsctl imports it.
package clusterset
