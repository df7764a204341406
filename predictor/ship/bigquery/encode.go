package bigquery

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/ship"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

const (
	// rowBytes is the maximum size of a row that fits into a request. A request may have 10 MB.
	rowBytes = 9 << 20
	// bareText is the number of bytes of a text that a row of form ship.Bare keeps.
	bareText = 1000
)

// message is the wire form of one row under construction.
type message struct {
	bytes   []byte
	columns map[string]protowire.Number
	form    ship.Form
	altered []string
}

func (m *message) text(column, s string) {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
		m.alter("%s is not UTF-8", column)
	}
	if m.form == ship.Bare && len(s) > bareText {
		m.alter("%s was cut: it has %d bytes", column, len(s))
		s = strings.ToValidUTF8(s[:bareText], "")
	}
	m.bytes = protowire.AppendTag(m.bytes, m.columns[column], protowire.BytesType)
	m.bytes = protowire.AppendString(m.bytes, s)
}

// name writes a text. An empty text becomes null.
func (m *message) name(column, s string) {
	if s != "" {
		m.text(column, s)
	}
}

func (m *message) integer(column string, n int64) {
	m.bytes = protowire.AppendTag(m.bytes, m.columns[column], protowire.VarintType)
	m.bytes = protowire.AppendVarint(m.bytes, uint64(n))
}

func (m *message) real(column string, x float64) {
	m.bytes = protowire.AppendTag(m.bytes, m.columns[column], protowire.Fixed64Type)
	m.bytes = protowire.AppendFixed64(m.bytes, math.Float64bits(x))
}

func (m *message) boolean(column string, b bool) { m.integer(column, int64(protowire.EncodeBool(b))) }

// time writes a time in nanoseconds since 1970. A bare row has no time, because BigQuery refuses
// new rows for days that are long ago or far in the future.
func (m *message) time(column string, ns int64) {
	if m.form == ship.Bare {
		m.alter("%s was %s", column, time.Unix(0, ns).UTC().Format(time.RFC3339Nano))
		return
	}
	m.integer(column, time.Unix(0, ns).UnixMicro())
}

func (m *message) alter(format string, args ...any) {
	m.altered = append(m.altered, fmt.Sprintf(format, args...))
}

// features writes the features of the prediction.
func (m *message) features(data []byte) {
	reason := ""
	switch {
	case m.form == ship.Bare:
		m.alter("features were refused")
		return
	case len(data) > rowBytes:
		m.alter("features have %d bytes, more than a request may", len(data))
		return
	case m.form == ship.AsText:
		reason = "features were refused as JSON"
	case !utf8.Valid(data):
		reason = "features are not UTF-8"
	case json.Valid(data):
	case json.Valid(value.FiniteJSON(data)):
		data = value.FiniteJSON(data)
		m.alter("features have NaN or Infinity, which is null here")
	default:
		reason = "features are not JSON"
	}
	if reason != "" {
		m.alter("%s", reason)
		m.text("features_text", strings.ToValidUTF8(string(data), "\uFFFD"))
		return
	}
	m.text("features", string(data))
}

// encoder writes the rows of one table.
type encoder struct {
	columns map[string]protowire.Number
}

func newEncoder(columns []column) *encoder {
	e := &encoder{columns: map[string]protowire.Number{}}
	for i, c := range columns {
		e.columns[c.name] = protowire.Number(i + 1)
	}
	return e
}

// encode returns the rows of a batch, and sets how many it altered. source is that of counts. A row
// of twelve features costs 2 us.
func (e *encoder) encode(b *ship.Batch, source string) [][]byte {
	rows := make([][]byte, 0, b.Len())
	add := func(capacity int, write func(*message)) {
		m := &message{bytes: make([]byte, 0, capacity+256), columns: e.columns, form: b.Form}
		m.text("log_id", b.LogID)
		write(m)
		if len(m.altered) > 0 {
			if why := strings.Join(m.altered, "; "); m.columns["altered"] > 0 {
				m.text("altered", why)
			}
			b.Altered++
		}
		rows = append(rows, m.bytes)
	}
	b.Altered = 0
	for i := range b.Predictions {
		add(len(b.Predictions[i].Features), func(m *message) { m.prediction(&b.Predictions[i]) })
	}
	for i := range b.Feedback {
		add(0, func(m *message) { m.feedback(&b.Feedback[i]) })
	}
	for i := range b.Errors {
		add(0, func(m *message) { m.refusal(&b.Errors[i]) })
	}
	for i := range b.Evidence {
		add(0, func(m *message) { m.evidence(&b.Evidence[i]) })
	}
	for i := range b.Reviews {
		add(len(b.Reviews[i].Note), func(m *message) { m.review(&b.Reviews[i]) })
	}
	for i := range b.Erasures {
		add(0, func(m *message) { m.erasure(&b.Erasures[i]) })
	}
	for i := range b.Records {
		add(8*len(b.Records[i].At), func(m *message) { m.record(&b.Records[i], source) })
	}
	for i := range b.Outcomes {
		add(len(b.Outcomes[i].Codes), func(m *message) { m.outcome(&b.Outcomes[i], source) })
	}
	return rows
}

func (m *message) prediction(r *predictionlog.WholeRow) {
	m.integer("id", r.ID)
	m.time("time", r.Time)
	m.text("model", r.Model)
	m.text("version", r.Version)
	m.name("request_id", r.RequestID)
	m.features(r.Features)
	if r.HasScore {
		m.real("score", r.Score)
	}
	m.text("class", r.Class)
	if r.Latency >= 0 {
		m.integer("latency", r.Latency)
	}
	if r.Shadow {
		m.integer("shadow_of", r.ShadowOf)
	}
	if r.AnsweredProbability > 0 {
		m.text("answered", r.Answered)
		m.real("answered_probability", r.AnsweredProbability)
	}
}

func (m *message) feedback(r *predictionlog.FeedbackRow) {
	m.integer("seq", r.Seq)
	m.time("time", r.Time)
	m.text("model", r.Model)
	m.text("version", r.Version)
	m.integer("prediction_id", r.PredictionID)
	m.time("observed_at", r.ObservedAt)
	m.text("outcome", r.Outcome)
	m.text("source", r.Source)
	m.real("confidence", r.Confidence)
	m.text("class", r.Class)
	if r.HasScore {
		m.real("score", r.Score)
	}
	if r.PredictedAt >= 0 {
		m.time("predicted_at", r.PredictedAt)
	}
	m.name("corrects", r.Corrects)
	if r.Explored > 0 {
		m.real("explored", r.Explored)
	}
}

func (m *message) refusal(r *predictionlog.ErrorRow) {
	m.integer("seq", r.Seq)
	m.time("time", r.Time)
	m.text("model", r.Model)
	m.text("version", r.Version)
	m.text("reason", r.Reason)
}
