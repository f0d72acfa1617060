// Package grace measures for how long something has been waiting, against an allowance.
//
// Here belongs that measurement and nothing else: what waits, and what happens when its time is over, is its caller's. It imports API
// machinery only; the rooms under controller import it.
package grace
