// Package authority is a certificate authority for one cluster of a lab: it makes a root and issues the few server and
// client certificates that the components present to each other. Everything is made in memory, lives as long as a lab
// does and is worth nothing afterwards; do not use it to run a cluster that anybody depends on.
//
// Imports point here from the lab and never back.
package authority
