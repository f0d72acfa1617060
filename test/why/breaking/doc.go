// Package breaking breaks what a clusterset needs, one thing at a time and through the API of one cluster: for the matrix that holds
// `mcsctl why` to its catalogue, and for `mcsctl demo break`.
//
// Here belongs the breaking and the mending of API objects. Processes and networks are for whoever runs them. It imports manifests
// and client libraries.
package breaking
