// Package exact holds the permissions of every account that a join makes to what it uses, both ways: no request is ever refused, and no
// permission is never used.
//
// It has only a test, which joins, exports, breaks and leaves on the lab's real API servers with their audit logs on, and which is the test
// of join from nothing as well. Here belong playing that and judging the logs. It imports test/lab, manifests, controller and the commands.
package exact
