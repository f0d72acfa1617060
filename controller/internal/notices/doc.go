// Package notices keeps Events few and where they can be kept: it remembers what people were told, so that a fact which still holds is
// not told twice, bounds what concerns many objects at once, and drops what nobody could keep.
//
// Here belongs that and nothing else: what is told, and of which object, is its caller's. It imports API machinery only; the rooms
// under controller import it.
package notices
