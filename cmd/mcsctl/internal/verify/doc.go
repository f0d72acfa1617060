// Package verify is `mcsctl verify`: a Service exported for the occasion, resolved in every member, and taken away again.
//
// Here belong the steps, the objects they make and the report of them. It imports kube, dnsask, and the packages that all commands
// share.
package verify
