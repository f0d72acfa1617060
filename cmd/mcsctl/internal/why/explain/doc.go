// Package explain says why a name of the clusterset resolves as it does. It is pure: [Explain] turns facts that somebody has
// gathered into steps, one cause and one fix.
//
// Here belong the catalogue of causes, the parsing of a name, what its answer should be by the objects of the API, and every
// judgement on the way from the question to the pods. Reading clusters and asking DNS servers is the gather package's beside it;
// form is the command's. A fact that could not be read is a fact too: it says so, and nothing is concluded from it.
//
// It imports API types, controller/{mcs,membership,hub/api}, cmd/mcsctl/internal/{pods,shell} and a Corefile parser, and no client.
package explain
