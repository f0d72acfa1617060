package multicluster

// compactor turns API objects into their compact form as they arrive, so that
// the decoded objects can be dropped at once. One goroutine uses it at a time.
type compactor struct {
	interner
	zones []string // those in which names are formed
	left  tally    // what was left out since take
	room  []hosted // for the endpoints of one slice, used again for the next
}

func (c *compactor) reject(r reason) { c.left[r]++ }

// take returns what was left out since the last call.
func (c *compactor) take() tally {
	left := c.left
	c.left = tally{}
	return left
}

// fits reports whether a host label of that length makes a name whose labels are
// all short enough, and counts the zones in which the name is too long as a
// whole. There the host has no name, and its address stays at the service's.
func (c *compactor) fits(host int, cluster, service string) bool {
	if host > maxLabel || longLabel(cluster) {
		c.reject(nameTooLong)
		return false
	}
	for _, zone := range c.zones {
		if host+len(".")+len(cluster)+len(".")+len(service)+len(serviceSuffix(zone)) > maxName {
			c.reject(nameTooLong)
		}
	}
	return true
}
