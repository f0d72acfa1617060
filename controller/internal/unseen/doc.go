// Package unseen remembers what this process wrote until the caches it reads from show it. A turn that decided on older caches would
// write the same again, be refused, and wait; one that waits for its own last word decides once.
//
// Here belongs that memory and nothing else: what is written, and how long a turn waits, is its caller's. It imports API machinery
// only; the rooms under controller import it.
package unseen
