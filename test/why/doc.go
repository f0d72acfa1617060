// Package why holds `mcsctl why` to its catalogue: for every cause something is really broken in a clusterset of real control planes,
// and the command must name that cause and a fix that fixes it.
//
// Here belong what is broken, how, and the matrix of results. How to break API objects is package breaking's, which the demo uses
// too. It runs the program that was built, and imports test/clusterset.
package why
