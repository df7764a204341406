// Package progress shows a person how far a long command is.
package progress

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// Show writes what line returns now and then, until the returned function is
// called: to a terminal five times a second, in one line that is wiped in the end;
// elsewhere a line every ten seconds. Line is called with the time since Show was,
// by one goroutine of Show's. To a w of nil nothing is written.
func Show(w io.Writer, line func(passed time.Duration) string) (stop func()) {
	if w == nil {
		return func() {}
	}
	every, format := 10*time.Second, "%s\n"
	terminal := isTerminal(w)
	if terminal {
		every, format = 200*time.Millisecond, "\r\x1b[K%s"
	}
	began, end := time.Now(), make(chan struct{})
	var showing sync.WaitGroup
	showing.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				fmt.Fprintf(w, format, line(time.Since(began)))
			case <-end:
				if terminal {
					fmt.Fprint(w, "\r\x1b[K")
				}
				return
			}
		}
	})
	return func() {
		close(end)
		showing.Wait()
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
