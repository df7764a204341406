package simulate

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"
)

// showProgress writes what line says until ctx ends: on a terminal one line that
// is rewritten five times a second and wiped in the end, elsewhere a line every
// ten seconds.
func showProgress(ctx context.Context, w io.Writer, line func() string) {
	every, format := 10*time.Second, "%s\n"
	terminal := isTerminal(w)
	if terminal {
		every, format = 200*time.Millisecond, "\r\x1b[K%s"
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			_, _ = fmt.Fprintf(w, format, line()) // there is nowhere to report an error
		case <-ctx.Done():
			if terminal {
				_, _ = fmt.Fprint(w, "\r\x1b[K")
			}
			return
		}
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
