package replay

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// progress tells how far runs are.
type progress struct {
	about about
	runs  []*run
}

// line is what there is to say after a time.
func (p progress) line(passed time.Duration) string {
	var rows, moment int64
	for _, r := range p.runs {
		rows += r.rows.Load()
		if m := r.moment.Load(); m > 0 && (moment == 0 || m < moment) {
			moment = m
		}
	}
	all := p.about.rows * int64(len(p.runs))
	text := fmt.Sprintf("replay: %d %%, %s rows, %s a second", 100*min(rows, all)/all, thousands(rows), thousands(int64(float64(rows)/passed.Seconds())))
	if moment > 0 {
		text += ", at " + stamp(time.Unix(0, moment))
	}
	if left := all - rows; rows > 0 && left > 0 {
		text += fmt.Sprintf(", %s left", round(time.Duration(float64(passed)*float64(left)/float64(rows))))
	}
	return text
}

// showProgress writes a line now and then until the returned function is called:
// on a terminal one that is rewritten and wiped in the end, elsewhere one every
// ten seconds.
func showProgress(w io.Writer, p progress) (stop func()) {
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
				fmt.Fprintf(w, format, p.line(time.Since(began)))
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
