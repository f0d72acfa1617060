package multicluster

import (
	"sync/atomic"
	"time"
)

// lastSerial is the serial given last. It belongs to the process and not to one
// instance of the plugin, so that serials also rise over a reload.
var lastSerial atomic.Uint32

// nextSerial returns a serial above every one before, and at least the time in
// seconds, so that serials rise over a restart as well.
func nextSerial(now time.Time) uint32 {
	for {
		last := lastSerial.Load()
		next := max(last+1, uint32(now.Unix())) //nolint:gosec // G115: fits until 2106
		if lastSerial.CompareAndSwap(last, next) {
			return next
		}
	}
}

// setSerial gives s its serial and the SOA records that carry it.
func (s *snapshot) setSerial(serial uint32, zones []*zone) {
	s.serial = serial
	s.soas = make([]*rrset, len(zones))
	for _, z := range zones {
		s.soas[z.index] = z.soa(serial)
	}
}
