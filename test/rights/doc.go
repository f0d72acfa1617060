// Package rights asks API servers in tests what somebody may do.
//
// An API server learns of a right a moment after it was written; here belongs asking whether it has, and nothing else. Who waits for it,
// and for how long, is each test's. It imports nothing of the project, and only tests import it.
package rights
