package bigquery

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

func (m *message) record(r *tick.Record, source string) {
	m.text("source", source)
	m.integer("after_id", r.After)
	m.integer("sequence", r.Sequence)
	m.integer("shipped_at", r.ShippedAt/1000)
	if r.Closed > 0 {
		m.integer("closed", r.Closed/1000)
	}
	if r.Through > 0 {
		m.integer("through", r.Through/1000)
	}
	m.integer("tick", r.Tick/1000)
	m.text("model", r.Model)
	m.text("version", r.Version)
	m.text("scheme", r.Scheme)
	m.integer("predictions", r.Rows)
	m.integer("oldest", r.Oldest)
	m.integer("newest", r.Newest)
	m.integers("codes", r.At)
	m.integers("counts", r.N)
	m.integers("last_feature", r.LastFeature)
	m.integers("last_time", r.LastTime)
	m.reals("last_value", r.LastValue)
	for _, name := range r.Names {
		m.text("names", name)
	}
	m.integers("sums", r.Sums)
}

func (m *message) outcome(o *tick.Outcome, source string) {
	m.text("source", source)
	m.integer("seq", o.Sequence)
	m.integer("shipped_at", o.ShippedAt/1000)
	if o.Closed > 0 {
		m.integer("closed", o.Closed/1000)
	}
	m.integer("tick", tick.Start(o.Time)/1000)
	m.integer("time", o.Time)
	m.integer("observed_at", o.ObservedAt)
	m.text("model", o.Model)
	m.text("version", o.Version)
	m.text("scheme", o.Scheme)
	m.name("prediction_log", o.PredictionLog)
	m.reference("prediction_id", o.PredictionID)
	m.name("request_id", o.RequestID)
	if o.PredictedAt >= 0 {
		m.integer("predicted_at", o.PredictedAt)
		m.integer("predicted_tick", tick.Start(o.PredictedAt)/1000)
	}
	m.text("class", o.Class)
	m.text("outcome", o.Outcome)
	if o.HasScore {
		m.real("score", o.Score)
	}
	if o.Explored > 0 {
		m.real("explored", o.Explored)
	}
	m.text("outcome_source", o.Source)
	m.real("confidence", o.Confidence)
	m.name("corrects", o.Corrects)
	if o.Codes != nil {
		m.bytes = protowire.AppendTag(m.bytes, m.columns["codes"], protowire.BytesType)
		m.bytes = protowire.AppendBytes(m.bytes, o.Codes)
	}
}

// integers writes numbers, packed.
func (m *message) integers(column string, all []int64) {
	if len(all) == 0 {
		return
	}
	size := 0
	for _, n := range all {
		size += protowire.SizeVarint(uint64(n))
	}
	m.bytes = protowire.AppendTag(m.bytes, m.columns[column], protowire.BytesType)
	m.bytes = protowire.AppendVarint(m.bytes, uint64(size))
	for _, n := range all {
		m.bytes = protowire.AppendVarint(m.bytes, uint64(n))
	}
}

// reals writes numbers, packed.
func (m *message) reals(column string, all []float64) {
	if len(all) == 0 {
		return
	}
	m.bytes = protowire.AppendTag(m.bytes, m.columns[column], protowire.BytesType)
	m.bytes = protowire.AppendVarint(m.bytes, uint64(8*len(all)))
	for _, x := range all {
		m.bytes = protowire.AppendFixed64(m.bytes, math.Float64bits(x))
	}
}
