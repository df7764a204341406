package outcomes

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// scalar returns the text of a value, "" if there is none. It reports false for a list or an
// object.
func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case []byte:
		return string(v), true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case int32:
		return strconv.FormatInt(int64(v), 10), true
	case uint64:
		return strconv.FormatUint(v, 10), true
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), true
	case float32:
		return strconv.FormatFloat(float64(v), 'g', -1, 32), true
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano), true
	case *big.Rat:
		return v.FloatString(38), true
	case fmt.Stringer:
		return v.String(), true
	}
	return "", false
}

// text returns a record in the form in which it is set aside. This is JSON, so that it can be
// read again, or the original text if the record is no object.
func (r *Record) text() string {
	if r.Value == nil {
		return r.Raw
	}
	plain := plainly(r.Value)
	if _, has := r.Value["observed_at"]; !has && !r.ObservedAt.IsZero() {
		plain.(map[string]any)["observed_at"] = r.ObservedAt.UTC().Format(time.RFC3339Nano)
	}
	text, err := json.Marshal(plain)
	if err != nil {
		return fmt.Sprint(r.Value)
	}
	return string(text)
}

// plainly converts values that databases return to values that JSON has.
func plainly(v any) any {
	switch v := v.(type) {
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, value := range v {
			object[name] = plainly(value)
		}
		return object
	case []any:
		list := make([]any, len(v))
		for i, value := range v {
			list[i] = plainly(value)
		}
		return list
	case nil, bool, json.Number, string:
		return v
	}
	text, ok := scalar(v)
	if !ok {
		return fmt.Sprint(v)
	}
	return text
}

// evidence reads the records of a batch.
func (m *Mapping) evidence(source string, b *Batch) predictionlog.Evidence {
	e := predictionlog.Evidence{Source: source, Cursors: b.Cursors}
	for i := range b.Records {
		r := &b.Records[i]
		f, rejected := m.Read(r)
		if rejected != "" {
			e.Rejected = append(e.Rejected, predictionlog.RejectedRecord{Reason: rejected, Record: r.text()})
			continue
		}
		e.Outcomes = append(e.Outcomes, predictionlog.Stated{Feedback: f, Record: r.text})
	}
	return e
}
