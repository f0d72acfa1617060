package health

import "time"

// credentialWarning is how long before its end a credential is worth a warning.
const credentialWarning = 14 * 24 * time.Hour

// EndsSoon says whether the credential's end is worth a warning: two weeks before it, but for one that is made for a shorter time, and
// renewed in it, only when less than a third of that is left.
func (c Credential) EndsSoon(now time.Time) bool {
	if !c.Known || c.Expires.IsZero() {
		return false
	}
	early := credentialWarning
	if !c.Issued.IsZero() {
		early = min(early, c.Expires.Sub(c.Issued)/3)
	}
	return c.Expires.Sub(now) < early
}
