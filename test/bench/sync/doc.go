// Command sync measures the controller: how fast it fills an empty cluster, what a restart and a pod's change cost in writes, how
// long an export and a change of endpoints take to arrive, idle and under load, and how much memory ten thousand imports take.
//
// One member and the hub are real, on test/clusterset, with our own program in the member; the other members exist on the hub
// only, by their registrations, Leases and records, which this program writes and renews. What crosses clusters is measured in
// two halves, from the member to the hub and from the hub to the member, and added up.
//
// Here belongs measuring and printing. That what was imported is right and complete is asserted, for a controller that leaves
// something out is not fast; nothing about time is, which varies with the machine: the targets are printed beside the figures.
package main
