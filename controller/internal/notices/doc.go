// Package notices remembers what people were told, so that a fact which still holds is not told twice.
//
// Here belongs that memory and nothing else: what is told, and where, is its caller's. It imports API machinery only; the rooms under
// controller import it.
package notices
