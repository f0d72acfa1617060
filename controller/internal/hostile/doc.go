// Package hostile draws exports as nobody should make them: contradictory, doubled, malformed, and now and then in order. The tests of
// the pure core and of what is written from its results share them.
//
// Here belong generators and nothing else: what must hold of what is drawn is the tests' to say. Only tests import it; it imports mcs.
package hostile
