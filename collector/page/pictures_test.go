package page

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// The pictures of a page can be drawn again from the JSON of the same address, and are the same.
func TestTheJSONHasTheNumbersOfEveryPicture(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]fixed{
		"binary": drifting(t), "failed": failed(t), "regression": ofType(t, value.Regression, 20), "multiclass": ofType(t, value.Multiclass, 0),
	} {
		v, pictures := viewing(t, s), 0
		for _, m := range v.all {
			redrawn := m
			redrawn.Model = &assessed(t, options(s), m).Models[0]
			got, want := v.picturesOf(redrawn), v.judgedOf(m)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: from the JSON %+v, on the page %+v", name, got, want)
			}
			for _, field := range reflect.ValueOf(want).Fields() {
				if !field.IsZero() {
					pictures++
				}
			}
			for _, list := range [][]*subject{m.features, m.answers} {
				for _, of := range list {
					pictures += redrawnDetail(t, v, m, of, assessed(t, options(s), m, string(of.kind), of.name))
				}
			}
		}
		if pictures < 7 {
			t.Errorf("%s: only %d pictures", name, pictures)
		}
	}
}

// assessed returns the JSON of a model or of one of its subjects.
func assessed(t *testing.T, o Options, m watched, more ...string) *assess.Assessment {
	t.Helper()
	var a assess.Assessment
	if err := json.Unmarshal(ask(t, o, at("/api/v1/drift", append([]string{"model", m.Name, "version", m.Version}, more...)...)).Body.Bytes(), &a); err != nil {
		t.Fatal(err)
	}
	return &a
}

// redrawnDetail compares the pictures of one subject with those drawn from its JSON. It returns the
// number of pictures.
func redrawnDetail(t *testing.T, v *viewer, m watched, s *subject, a *assess.Assessment) (n int) {
	t.Helper()
	one := subject{kind: s.kind, name: s.name, numeric: s.numeric, of: s.of, at: s.at, feature: s.feature}
	switch j := &a.Models[0]; {
	case s.kind == ofFeature:
		f := &j.Features[0]
		one.Drift, one.shown, one.trail = f.Drift, occupied(f.Bins), f.Trail
	case s.at == 0:
		one.Drift, one.shown, one.trail = j.Predictions.Score.Drift, occupied(j.Predictions.Score.Bins), j.Predictions.Score.Trail
	default:
		one.Drift, one.shown, one.trail = j.Predictions.Class.Drift, occupied(j.Predictions.Class.Bins), j.Predictions.Class.Trail
	}
	got, want := v.detail(m, &one), v.detail(m, s)
	for what, pair := range map[string][2]any{
		"columns": {got.Columns, want.Columns}, "bins": {got.Bins, want.Bins}, "course": {got.Course, want.Course}, "evidence": {got.EvidenceBar, want.EvidenceBar},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%q: the %s is %+v from the JSON and %+v on the page", s.name, what, pair[0], pair[1])
		}
		if !reflect.ValueOf(pair[1]).IsZero() {
			n++
		}
	}
	return n
}
