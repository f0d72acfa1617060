// Package plan gives every cluster of a lab its addresses. It is pure: the same names in the same order always get the
// same addresses, and nothing here opens a socket or knows what an address is later used for.
//
// Imports point here from the lab and never back.
package plan
