// Command propagation measures how long an export takes from the annotation in one cluster to the answer of another
// cluster's DNS server, and where on the line the time goes. It runs the whole line on test/clusterset, idle but for itself.
//
// Here belongs this one measurement. It asserts nothing: times vary with the machine, so it prints them.
package main
