// Package shared runs the tests of a package on one clusterset, which they share because starting one takes longer than most of them.
//
// Here belongs what a TestMain does around its tests. How tests that share a clusterset stay out of each other's way is theirs. Only
// tests import it; it imports test/clusterset and test/lab.
package shared
