package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

const model = "loans"

// maker makes the counts of logs whose rows are like those of the reference.
type maker struct {
	spec     window.Spec
	counter  *window.Counter
	features [][]byte // of rows, again and again
	random   *rand.Rand
}

func newMaker(features int) (*maker, error) {
	const rows, different = 5000, 500
	m := &maker{random: rand.New(rand.NewPCG(1, 2))} // #nosec G404 -- repeatable, no secret
	columns := make([]reference.Column, features)
	m.features = make([][]byte, different)
	for i := range m.features {
		m.features[i] = []byte("{")
	}
	for f := range columns {
		c := reference.Column{Name: fmt.Sprintf("feature_%03d", f), Type: reference.Numeric, Numbers: make([]float64, rows)}
		for i := range c.Numbers {
			c.Numbers[i] = float64(int64(1e4*m.random.NormFloat64())) / 100
		}
		for i := range m.features {
			if f > 0 {
				m.features[i] = append(m.features[i], ',')
			}
			m.features[i] = strconv.AppendFloat(fmt.Appendf(m.features[i], "%q:", c.Name), c.Numbers[i], 'f', -1, 64)
		}
		columns[f] = c
	}
	for i := range m.features {
		m.features[i] = append(m.features[i], '}')
	}
	r, err := reference.Build(columns, nil, reference.BuildOptions{Model: model})
	if err != nil {
		return nil, fmt.Errorf("build a reference: %w", err)
	}
	m.spec = window.Spec{Name: model, References: []*reference.Reference{r}}
	if m.counter, err = window.NewCounter(&m.spec, r, drift.BinOptions{}); err != nil {
		return nil, fmt.Errorf("read rows by a reference: %w", err)
	}
	return m, nil
}

// coder implements what tick.NewCounts takes.
func (m *maker) coder(predictionlog.Key) tick.Coder { return m.counter }

// log makes the records of one log, of which each counts one tick and was shipped ten seconds
// after it ended. All logs have the same rows.
func (m *maker) log(rows int64, begin time.Time, span time.Duration) []tick.Record {
	const delay = 10 * time.Second
	var all []tick.Record
	ticks, made := int64(span/tick.Length), int64(0)
	for i := range ticks {
		start := begin.Add(time.Duration(i) * tick.Length)
		counts := tick.NewCounts(m.coder)
		after := made - 1
		for ; made < rows*(i+1)/ticks; made++ {
			counts.Prediction(&predictionlog.Row{
				ID: made, Time: start.UnixNano() + m.random.Int64N(int64(tick.Length)), Model: model, Version: "1",
				Features: m.features[m.random.IntN(len(m.features))], Score: m.random.Float64(), HasScore: true, Class: strconv.Itoa(m.random.IntN(2)), Latency: int64(time.Millisecond),
			})
		}
		shipped := start.Add(tick.Length + delay)
		for _, r := range counts.Records() {
			r.After, r.Sequence = after, made-1
			r.ShippedAt, r.Through, r.Closed = shipped.UnixNano(), start.Add(tick.Length).UnixNano(), start.UnixNano()
			all = append(all, r)
		}
	}
	return all
}

// size is the number of bytes of a record as BigQuery stores and bills them: 8 for a number, a
// time and an element of an array of numbers, 2 more than its length for a text.
func size(r *tick.Record) (bytes int64) {
	for _, text := range append([]string{r.LogID, r.Model, r.Version, r.Scheme, "predictions"}, r.Names...) {
		bytes += int64(len(text)) + 2
	}
	const numbers = 9
	return bytes + 8*int64(numbers+len(r.At)+len(r.N)+len(r.LastFeature)+len(r.LastTime)+len(r.LastValue)+len(r.Sums))
}
