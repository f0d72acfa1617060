// Package page shows to a person what one controller knows: the members and their health, what is exported and imported, where
// exports conflict, what the names answer, and how long endpoints took to get here.
//
// Here belong the gathering of those facts from memory, a pure function that makes a view of them, and the page that shows it. The page is
// one self-contained document, without anything from elsewhere, readable without JavaScript, for people: programs have /metrics,
// and of the page only how long propagation takes. Nothing here changes anything, asks an API server, or decides anything.
//
// Imports point inward: page imports membership, mcs and API machinery.
package page
