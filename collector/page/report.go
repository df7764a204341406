package page

import (
	"fmt"
	"io"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/page/words"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// Report writes a page that needs no server, no script and no other file. It shows what was known
// at the end of an interval, the history since the beginning of the interval, and every feature
// in full. Predictions is the number of predictions until the end.
func Report(w io.Writer, s *snapshot.Snapshot, j assess.Judgement, from time.Time, predictions int64) error {
	v := newViewer(s, j.Outline(s), j, s.Time.Sub(from))
	v.alone = true
	p := v.overview(v.all, every)
	p.Alone = true
	p.Interval = say(fmt.Sprintf("%s to %s, %s: %s in the log until then", words.Moment(from, time.Time{}), words.Moment(s.Time, time.Time{}), words.Duration(v.span), words.Plural(predictions, "prediction")))
	for _, m := range v.all {
		for _, list := range [][]*subject{m.features, m.answers} {
			for _, s := range list {
				p.Details = append(p.Details, v.detail(m, s))
			}
		}
	}
	return render(w, "page.html", &p)
}
