// Package dataset makes the services that the DNS benchmark is about: the same ones for the same seed, as API objects for
// the servers under test, as a zone file for the floor they are compared with, and as questions with their right answers.
//
// Here belongs what the data is. Writing it to an API server, asking and measuring are the command's. The package does no
// I/O and imports nothing of this module.
package dataset
