// Package health says how a clusterset is, from what was read of it: members, exports, imports, DNS servers, and the problems
// they have, each with the id of its cause and the command to run next.
//
// Here belong decisions, as functions of plain values. Reading a clusterset is the package observe's, showing it the commands'.
// It imports why/explain for the ids of causes, shell, controller/{mcs,membership} and API types, and no client.
package health
