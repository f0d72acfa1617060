// Package door lets those outside a lab's namespaces reach what listens inside. The process outside opens sockets on
// the machine's own loopback and hands them in ([Keeper], [Asker]); the process inside passes what arrives at them on to
// where it should go ([ForwardTCP], [ForwardUDP]). A socket stays in the network namespace it was opened in, which is
// the whole trick.
//
// It imports nothing of the lab.
package door
