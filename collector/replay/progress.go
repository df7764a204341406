package replay

import (
	"fmt"
	"time"
)

// done is the progress of the runs.
type done struct {
	about about
	runs  []*run
}

// line returns the message about the progress after a time.
func (d done) line(passed time.Duration) string {
	var rows, moment int64
	for _, r := range d.runs {
		rows += r.rows.Load()
		if m := r.moment.Load(); m > 0 && (moment == 0 || m < moment) {
			moment = m
		}
	}
	all := d.about.rows * int64(len(d.runs))
	text := fmt.Sprintf("replay: %d %%, %s rows, %s a second", 100*min(rows, all)/all, thousands(rows), thousands(int64(float64(rows)/passed.Seconds())))
	if moment > 0 {
		text += ", at " + stamp(time.Unix(0, moment))
	}
	if left := all - rows; rows > 0 && left > 0 {
		text += fmt.Sprintf(", %s left", round(time.Duration(float64(passed)*float64(left)/float64(rows))))
	}
	return text
}
