// Package jointoken is the form of the token with which a cluster joins whose administrator is not the hub's.
//
// Here belongs writing and reading the one line that is passed from the one to the other. What the hub grants to whoever holds it is
// credential's. The package is pure and imports nothing of the project.
package jointoken
