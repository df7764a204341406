package predictor

import (
	"net/http"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/model"
)

func TestBooleansAndListedTextsAreReadAsInTraining(t *testing.T) {
	t.Parallel()
	m := &model.Model{
		Name: "m", Version: "1", Threshold: .5, Missing: []string{"-999", "unknown"},
		Features: []model.Feature{
			{Name: "x", Type: model.Numeric, SD: 1, Coefficient: 1},
			{Name: "owner", Type: model.Boolean, Categories: []model.Category{{Value: "false", Coefficient: -1}, {Value: "true", Coefficient: 1}}},
		},
	}
	for _, test := range []struct {
		body, want string // empty: refused
	}{
		{`{"x":1,"owner":true}`, `{"x":1,"owner":true}`},
		{`{"x":1,"owner":"TRUE"}`, `{"x":1,"owner":true}`},
		{`{"x":1,"owner":1.0}`, `{"x":1,"owner":true}`},
		{`{"x":1,"owner":"0"}`, `{"x":1,"owner":false}`},
		{`{"x":1,"owner":"yes"}`, `{"x":1,"owner":"yes"}`},
		{`{"x":1,"owner":" "}`, `{"x":1,"owner":null}`},
		{`{"x":-999.0,"owner":"unknown"}`, `{"x":null,"owner":null}`},
		{`{"x":"unknown","owner":null}`, `{"x":null,"owner":null}`},
		{`{"x":"-9.99e2","owner":-999}`, `{"x":null,"owner":null}`},
		{`{"x":"1","owner":true}`, ""},
		{`{"x":true,"owner":true}`, ""},
		{`{"x":1,"owner":[]}`, ""},
	} {
		s, log := newServer(t, func(o *Options) { o.Model = m })
		answer := ask(t, s.Handler(), "POST", "/predict", test.body)
		if test.want == "" {
			if answer.code != http.StatusBadRequest {
				t.Errorf("%s: %d %s, want it refused", test.body, answer.code, answer.body)
			}
			continue
		}
		if answer.code != http.StatusOK || string(log.rows[0].Features) != test.want {
			t.Errorf("%s: %d %s, logged %s, want %s", test.body, answer.code, answer.body, log.rows[0].Features, test.want)
		}
	}
}
