// Command mcs-controller is the controller of one member of a clusterset: it exports this cluster's annotated Services to the hub
// and imports those of the others.
//
// Here belong flags, the wiring of the packages under controller, and what a process owes its surroundings: health, metrics,
// logs, leader election and an orderly end. What does not belong here: any rule about exports and imports.
package main
