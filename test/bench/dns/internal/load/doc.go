// Package load asks a DNS server questions over UDP at a bounded rate for a bounded time, by dnsperf where it is installed and
// by a small generator of its own elsewhere, and says how many were answered and how.
//
// Here belongs generating load. Which questions, and what the answers cost the server, are for others to say.
package load
