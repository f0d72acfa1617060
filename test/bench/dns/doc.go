// Command dns measures what DNS for a clusterset costs and how fast it is right: the plugin multicluster, CoreDNS' own
// plugin kubernetes with its option multicluster, and a floor below which no plugin can go, side by side on one real API
// server with the same data. docs/performance.md explains each figure.
//
// Here belongs measuring and printing. It asserts that answers are right, for a server that is wrong is not fast, and asserts
// nothing about time, which varies with the machine. What the data is stands in internal/dataset, load is generated in
// internal/load, the kernel asked in internal/proc; the floor is a program of its own, in floor. It runs on test/lab, and
// nothing imports it.
package main
