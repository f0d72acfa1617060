// Package demo is `mcsctl demo`: a clusterset of real control planes on this machine, the whole line shown on it step by
// step, each step checked, and then left running to be tried out.
//
// Here belongs the story and its screen. How the clusterset is put together is test/clusterset's.
package demo
