package watermark

import (
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

// Keys are the keys of a source that Parse reads.
var Keys = append([]string{"watermark", "watermark_type", "start", "overlap"}, outcomes.ScheduleKeys...)

// Parse reads the options of a query. interval is the default of the key "interval".
func Parse(m *strictyaml.Map, interval time.Duration) Options {
	o := Options{
		Column:   m.Text("watermark", "updated_at"),
		Numbers:  m.OneOf("watermark_type", "time", "number") == "number",
		Schedule: outcomes.ParseSchedule(m, interval),
	}
	usual := 10 * time.Minute
	if o.Numbers {
		usual = 0
	}
	o.Overlap = m.Duration("overlap", usual, 0, 366*24*time.Hour)
	start := m.Text("start", "")
	switch {
	case m.Err != nil:
	case o.Column == "":
		m.Wrong("watermark", "watermark is empty; name a column of the query that rises")
	case o.Numbers && o.Overlap > 0:
		m.Wrong("overlap", "overlap is a time, and the watermark is a number; remove it")
	case o.Numbers && start != "":
		m.Wrong("start", "start is a time, and the watermark is a number; remove it")
	case start != "":
		at, err := time.Parse(time.RFC3339Nano, start)
		if err != nil {
			m.Wrong("start", "start %q is not a time such as 2026-11-01T12:00:00Z", start)
		}
		o.Start = at
	}
	return o
}
