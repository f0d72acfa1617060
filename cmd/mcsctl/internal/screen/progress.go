package screen

import (
	"fmt"
	"sync"
	"time"
)

// patience is how long something may take before anybody is told that it goes on.
const patience = time.Second

// clear takes the line away on which the cursor is.
const clear = "\r\x1b[K"

// Progress says on a terminal that something goes on, from the second second on, with the time it takes. The function it returns
// ends it and takes the line away; it may be called more than once. Elsewhere than on a terminal nothing is written.
func (s *Screen) Progress(text string) (done func()) {
	if !s.watched {
		return func() {}
	}
	if s.beside > 0 { // a line that went on in the next could not be taken away
		text = cut(text, max(narrowed, s.beside-len(" ... 1000s")-1))
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		begun := time.Now()
		ticker := time.NewTicker(patience)
		defer ticker.Stop()
		for shown := false; ; shown = true {
			select {
			case <-ticker.C:
				fmt.Fprintf(s.Err, clear+"%s ... %.0fs", text, time.Since(begun).Seconds())
			case <-stop:
				if shown {
					fmt.Fprint(s.Err, clear)
				}
				return
			}
		}
	}()
	return sync.OnceFunc(func() {
		close(stop)
		<-stopped
	})
}
