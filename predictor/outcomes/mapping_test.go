package outcomes

import (
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/strictjson"
	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

// fixed is a source whose records are made by a test.
type fixed struct{ Source }

var testKinds = []Kind{{Name: "files", Parse: func(strictyaml.Decoder, *yaml.Node) (Source, error) { return fixed{}, nil }}}

// mapped returns the mapping of a source with these keys.
func mapped(t *testing.T, keys string) *Mapping {
	t.Helper()
	c, err := Parse([]byte("sources:\n- {name: a, files: {}, "+keys+"}\n"), "outcomes.yml", testKinds)
	if err != nil {
		t.Fatal(err)
	}
	return &c.Sources[0].Mapping
}

func object(t *testing.T, text string) map[string]any {
	t.Helper()
	v, err := strictjson.Parse([]byte(text), 32)
	if err != nil {
		t.Fatal(text, err)
	}
	return v.(map[string]any)
}

func TestOutcomesAreReadFromRecords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ keys, record, want string }{
		{"confidence: 0.95", `{"prediction_id": 7, "outcome": 1}`, "7//1/0.95"},
		{"confidence: 0.95", `{"prediction_id": "7.0", "outcome": true, "confidence": "0.5"}`, "7//1/0.5"},
		{"confidence: 1", `{"prediction_id": 7e0, "outcome": "1.0", "confidence": null}`, "7//1/1"},
		{"match: request_id", `{"request_id": "r-1", "outcome": "False"}`, "/r-1/0/1"},
		{"outcome: {field: loan_status, map: {paid: 1, default: 0}}", `{"prediction_id": 7, "loan_status": " paid "}`, "7//1/1"},
		{"outcome: {field: loan_status, map: {paid: 1, 30: 0}}", `{"prediction_id": 7, "loan_status": "30.0"}`, "7//0/1"},
		{"record: {request_id: \"$.event.ids[1]\", outcome: \"$['final status']\"}, match: request_id", `{"event": {"ids": ["x", "y"]}, "final status": "approved"}`, "/y/approved/1"},
		{"record: {prediction_id: p, request_id: r}", `{"p": null, "r": "x", "outcome": 0}`, "/x/0/1"},
		{"outcome: {classes: [a, b, c]}", `{"prediction_id": 7, "outcome": "c"}`, "7//c/1"},
		{"outcome: {type: regression}", `{"prediction_id": 7, "outcome": " 1.50e2 "}`, "7//150/1"},
		{"outcome: {type: regression, map: {small: 1.5}}", `{"prediction_id": 7, "outcome": "small"}`, "7//1.5/1"},
		{"confidence: 1", `{"prediction_id": 12345678901234567, "outcome": 0.25}`, "12345678901234567//0.25/1"},
	} {
		f, rejected := mapped(t, test.keys).Read(&Record{Value: object(t, test.record)})
		if rejected != "" {
			t.Errorf("%s %s: rejected as %s", test.keys, test.record, rejected)
			continue
		}
		id := ""
		if f.PredictionID != nil {
			id, _ = scalar(*f.PredictionID)
		}
		confidence, _ := scalar(f.Confidence)
		if got := strings.Join([]string{id, f.RequestID, f.Outcome, confidence}, "/"); got != test.want {
			t.Errorf("%s %s: %s, want %s", test.keys, test.record, got, test.want)
		}
	}
}

func TestWhatIsNotUnderstoodHasItsReason(t *testing.T) {
	t.Parallel()
	const mapping = "outcome: {field: status, map: {paid: 1}}"
	for _, test := range []struct{ keys, record, want string }{
		{mapping, `{"status": "paid"}`, predictionlog.RejectedNoKey},
		{mapping, `{"prediction_id": "", "status": "paid"}`, predictionlog.RejectedNoKey},
		{mapping, `{"prediction_id": -1, "status": "paid"}`, predictionlog.RejectedBadKey},
		{mapping, `{"prediction_id": 7.5, "status": "paid"}`, predictionlog.RejectedBadKey},
		{mapping, `{"prediction_id": true, "status": "paid"}`, predictionlog.RejectedBadKey},
		{mapping, `{"prediction_id": [1], "status": "paid"}`, predictionlog.RejectedBadKey},
		{"match: request_id", `{"request_id": "é", "outcome": 1}`, predictionlog.RejectedBadKey},
		{mapping, `{"prediction_id": 7}`, predictionlog.RejectedNoOutcome},
		{mapping, `{"prediction_id": 7, "status": " "}`, predictionlog.RejectedNoOutcome},
		{mapping, `{"prediction_id": 7, "status": {"a": 1}}`, predictionlog.RejectedNoOutcome},
		{mapping, `{"prediction_id": 7, "status": "current"}`, predictionlog.RejectedUnmapped},
		{mapping, `{"prediction_id": 7, "status": "Paid"}`, predictionlog.RejectedUnmapped},
		{"outcome: {classes: [a, b, c]}", `{"prediction_id": 7, "outcome": "d"}`, predictionlog.RejectedUnmapped},
		{"outcome: {type: regression}", `{"prediction_id": 7, "outcome": "high"}`, predictionlog.RejectedUnmapped},
		{"outcome: {type: regression}", `{"prediction_id": 7, "outcome": "NaN"}`, predictionlog.RejectedUnmapped},
		{"outcome: {type: regression}", `{"prediction_id": 7, "outcome": "1e999"}`, predictionlog.RejectedUnmapped},
		{"outcome: {type: regression}", `{"prediction_id": 7, "outcome": true}`, predictionlog.RejectedUnmapped},
		{"confidence: 1", `{"prediction_id": 7, "outcome": 1, "confidence": 0}`, predictionlog.RejectedConfidence},
		{"confidence: 1", `{"prediction_id": 7, "outcome": 1, "confidence": 95}`, predictionlog.RejectedConfidence},
		{"confidence: 1", `{"prediction_id": 7, "outcome": 1, "confidence": "high"}`, predictionlog.RejectedConfidence},
		{"confidence: 1", `{"prediction_id": 7, "outcome": 1, "observed_at": "2026-03-01 10:00:00"}`, predictionlog.RejectedObservedAt},
		{"confidence: 1", `{"prediction_id": 7, "outcome": 1, "observed_at": 1772359200}`, predictionlog.RejectedObservedAt},
		{"confidence: 1", `{"prediction_id": 7, "outcome": 1, "observed_at": "0001-01-01T00:00:00Z"}`, predictionlog.RejectedObservedAt},
	} {
		if f, got := mapped(t, test.keys).Read(&Record{Value: object(t, test.record)}); got != test.want {
			t.Errorf("%s %s: %+v, %q, want %s", test.keys, test.record, f, got, test.want)
		}
	}
	if _, got := mapped(t, mapping).Read(&Record{Raw: "x"}); got != predictionlog.RejectedNotParsed {
		t.Errorf("no object: %q", got)
	}
}

func TestTimesAreReadInTheirZoneAndUnit(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	for _, test := range []struct{ keys, value string }{
		{"confidence: 1", `"2026-03-01T10:00:00Z"`},
		{"confidence: 1", `"2026-03-01 11:00:00+01:00"`},
		{"confidence: 1", `"2026-03-01 10:00:00 UTC"`},
		{"record: {time_zone: UTC}", `"2026-03-01 10:00:00"`},
		{"record: {observed_at_unit: s}", `1772359200`},
		{"record: {observed_at_unit: ms}", `"1772359200000"`},
		{"record: {observed_at_unit: ns}", `1772359200000000000`},
	} {
		f, rejected := mapped(t, test.keys).Read(&Record{Value: object(t, `{"prediction_id": 7, "outcome": 1, "observed_at": `+test.value+`}`)})
		if rejected != "" || !f.ObservedAt.Equal(want) {
			t.Errorf("%s %s: %s, %q", test.keys, test.value, f.ObservedAt, rejected)
		}
	}
	f, _ := mapped(t, "confidence: 1").Read(&Record{Value: object(t, `{"prediction_id": 7, "outcome": 1}`), ObservedAt: want})
	if !f.ObservedAt.Equal(want) {
		t.Errorf("the source's own time: %s", f.ObservedAt)
	}
}

func TestConfigurationsAreRefusedInWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                          "outcomes.yml:1: the configuration is empty; list the sources",
		"source: []":                                `unknown key "source"`,
		"sources: []":                               "sources is empty; list at least one source",
		"resolve: vote\nsources: [{}]":              `outcomes.yml:1: resolve "vote" is none of confidence, agreement`,
		"pending: {limit: 0}\nsources: [{}]":        `limit is "0"; write a whole number from 1 to`,
		"sources:\n- {files: {}}":                   "outcomes.yml:2: name is missing",
		"sources:\n- {name: a/b, files: {}}":        `the name of a source has 1 to 64 letters`,
		"sources:\n- {name: a}":                     `source "a" does not say where its records are; write one of files`,
		"sources:\n- {name: a, review: {}}":         `this drift_exporter has no sources of the kind review; it has files`,
		"sources:\n- {name: a, files: {}, sql: {}}": "has both files and sql; make two sources",
		"sources:\n- {name: a, files: {}}\n- {name: a, files: {}}":                             `outcomes.yml:3: source "a" is already there at outcomes.yml:2`,
		"sources:\n- {name: a, files: {}, confidence: 0}":                                      "write a number above 0 and at most 1",
		"sources:\n- {name: a, files: {}, confidence: 2}":                                      `confidence is "2"; write a number from 0 to 1`,
		"sources:\n- {name: a, files: {}, match: id}":                                          `match "id" is none of prediction_id, request_id`,
		"sources:\n- {name: a, files: {}, match: request_id, record: {prediction_id: x}}":      "match is request_id, which record does not name",
		"sources:\n- {name: a, files: {}, record: {outcome: $}}":                               `"$" is the whole record`,
		"sources:\n- {name: a, files: {}, record: {outcome: \"$.a[x]\"}}":                      "[x is not a position in a list",
		"sources:\n- {name: a, files: {}, record: {time_zone: Mars}}":                          `time_zone "Mars" is unknown`,
		"sources:\n- {name: a, files: {}, record: {outcome: x}, outcome: {field: y}}":          "stands here and under outcome; remove one",
		"sources:\n- {name: a, files: {}, outcome: {map: {}}}":                                 "map must say what the texts of outcomes mean",
		"sources:\n- {name: a, files: {}, outcome: {map: {1: 1, 1.0: 0}}}":                     `map has "1" twice`,
		"sources:\n- {name: a, files: {}, outcome: {type: regression, classes: [a, b]}}":       "a regression has no classes; remove them",
		"sources:\n- {name: a, files: {}, outcome: {type: regression, map: {paid: good}}}":     `the map makes "paid" an outcome "good", which is not a number`,
		"sources:\n- {name: a, files: {}, outcome: {type: ranking}}":                           `type "ranking" is none of`,
		"sources:\n- {name: a, files: {}, outcome: {map: {paid: 2}, classes: [\"0\", \"1\"]}}": `the map makes an outcome "2", which is none of the classes`,
		"sources:\n- {name: a, files: {}, outcome: {classes: [\"0\"]}}":                        "list all classes of the model",
	} {
		if _, err := Parse([]byte(text), "outcomes.yml", testKinds); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`{"prediction_id": 7, "outcome": 1, "observed_at": "2026-03-01T10:00:00Z", "confidence": 0.5}`)
	f.Add(`{"prediction_id": [], "outcome": {"a": 1}}`)
	c, err := Parse([]byte("sources:\n- {name: a, files: {}, record: {observed_at_unit: ms, time_zone: UTC}}"), "outcomes.yml", testKinds)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := strictjson.Parse([]byte(text), 32)
		o, ok := v.(map[string]any)
		if err != nil || !ok {
			return
		}
		r := Record{Value: o}
		got, rejected := c.Sources[0].Mapping.Read(&r)
		if rejected == "" && got.Complete() != nil {
			t.Errorf("%q is taken, and is not complete: %+v", text, got)
		}
		_ = r.text()
	})
}
