package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// line is one line of the table: what happened since the line before, and what both processes use
// at its end.
type line struct {
	at                    time.Duration
	predictions, outcomes float64 // a second
	p50, p99, max         time.Duration
	scrape                time.Duration // the slowest
	lag                   int64
	log, wal              int64 // bytes
	held                  [2]held
}

// held is what a process uses.
type held struct{ resident, files, goroutines float64 }

// line makes a line of the current state.
func (r *running) line(at time.Duration) (line, error) {
	now := mark{time.Now(), r.traffic.predictions.Load(), r.traffic.outcomes.Load()}
	span, w := now.at.Sub(r.last.at).Seconds(), r.traffic.waits
	l := line{
		at: at.Round(time.Second), predictions: float64(now.predictions-r.last.predictions) / span, outcomes: float64(now.outcomes-r.last.outcomes) / span,
		p50: w.Quantile(.5), p99: w.Quantile(.99), max: w.Max(), scrape: r.slowest, lag: r.lag,
	}
	w.Reset()
	r.last, r.slowest = now, 0
	for i, p := range r.pages {
		l.held[i] = held{p.values["process_resident_memory_bytes"], p.values["process_open_fds"], p.values["go_goroutines"]}
	}
	var err error
	if l.log, err = size(r.path); err != nil {
		return l, err
	}
	l.wal, err = size(r.path + "-wal")
	return l, err
}

const heading = "time\tpredictions\toutcomes\tp50\tp99\tmax\tscrape\tlag\tlog MiB\tWAL MiB\tpredictor MiB, files, goroutines\texporter MiB, files, goroutines"

func (l line) text() string {
	ms := func(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/1e6) }
	mib := func(n float64) string { return fmt.Sprintf("%.1f", n/(1<<20)) }
	cells := []string{
		l.at.String(), fmt.Sprintf("%.0f/s", l.predictions), fmt.Sprintf("%.0f/s", l.outcomes), ms(l.p50), ms(l.p99), ms(l.max),
		ms(l.scrape), fmt.Sprint(l.lag), mib(float64(l.log)), mib(float64(l.wal)),
	}
	for _, h := range l.held {
		cells = append(cells, fmt.Sprintf("%s, %.0f, %.0f", mib(h.resident), h.files, h.goroutines))
	}
	return strings.Join(cells, "\t")
}

// writeTable writes a table in Markdown, with aligned columns.
func writeTable(w io.Writer, lines []line) error {
	t := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	rows := []string{heading, strings.Repeat("---\t", strings.Count(heading, "\t")) + "---"}
	for _, l := range lines {
		rows = append(rows, l.text())
	}
	for _, r := range rows {
		if _, err := fmt.Fprintln(t, "|\t"+strings.ReplaceAll(r, "\t", "\t| ")+"\t|"); err != nil {
			return err
		}
	}
	return t.Flush()
}
