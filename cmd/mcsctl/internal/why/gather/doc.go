// Package gather reads what package explain judges: the clusters on the way from a question to the pods that answer, and the DNS
// servers that are asked.
//
// Here belong reads, questions and time limits, and no judgement: what cannot be read becomes a fact that says so. Nothing is ever
// written, apart from the reviews by which an API server is asked who may do what. It imports explain, kube, pods and dnsask.
package gather
