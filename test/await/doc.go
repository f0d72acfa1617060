// Package await waits in tests for what must come to be so.
//
// Here belongs the waiting alone; what is waited for, and with how much patience, is each test's. It imports nothing of the project, and
// only tests import it.
package await
