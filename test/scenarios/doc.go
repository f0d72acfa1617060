// Package scenarios plays what users, administrators, peers and accidents do to a clusterset, one sentence after the other, and
// ends with a table of the sentences, the clauses they hold the project to, and the results. It runs our unmodified binaries on
// real control planes under the permissions that manifests/ ships, on test/clusterset.
//
// Here belongs a scenario whose outcome several clusters have to agree on. The line from an annotation to a DNS answer is
// test/e2e's; what one package decides alone is tested beside it. Scenarios of one chapter play at the same time, each in a
// namespace of its own; those that break the hub or a member come last, one by one, and repair what they break.
//
// Nothing imports this package; it imports test/clusterset, test/lab, manifests and, for the words of the API objects,
// controller/mcs, controller/membership and controller/hub/api.
package scenarios
