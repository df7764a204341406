package page

import (
	"testing"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// shadowed is a source with shadows of its model: one that is surely better, whatever is right in a
// prediction, and one without outcomes.
func shadowed(t *testing.T, s fixed, difference float64) still {
	t.Helper()
	now := *s.Snapshot(t.Context())
	m := now.Models[0]
	m.Challengers = &snapshot.Challengers{
		{Version: markup, Labels: 1234, Wins: 140, Losses: 10, Difference: difference, Lower: difference - .05, Upper: difference + .04, Better: 9, Worse: -30},
		{Version: "new"},
	}
	now.Models = []snapshot.Model{m}
	return still{&now}
}

// Shadows are on the page and in the JSON with the numbers of the metrics.
func TestShadowsAreCompared(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		still
		says []string
	}{
		{shadowed(t, failed(t), .1054), []string{"Serve version " + markup + " instead", "surely better+11 points+5.5 points to +15 points140 to 101,234", "newnot known yetnot known–0 to 00"}},
		{shadowed(t, ofType(t, value.Regression, 20), -3.14159), []string{"Error less that of the served one", "surely better−3.14−3.19 to −3.1140 to 101,234"}},
	} {
		o, metrics := options(c.still), exported(t, c.still)
		body := ask(t, o, "/drift").Body.String()
		contains(t, body, c.says...)
		compared := 0
		for key, values := range shown(t, body) {
			for _, x := range values {
				if want, ok := metrics[key]; !ok || x != want {
					t.Errorf("%+v is %v on the page and %v (%v) in the metrics", key, x, want, ok)
				}
				if key.challenger != "" {
					compared++
				}
			}
		}
		if compared != 5 {
			t.Errorf("%d numbers of shadows are compared", compared)
		}
		m := decoded(t, o, "model", c.s.Models[0].Name)
		if len(m.Challengers) != 2 {
			t.Fatalf("%+v", m.Challengers)
		}
		one, classes := &m.Challengers[0], m.Type.HasClasses()
		metric := map[bool]string{true: "model_challenger_accuracy_difference", false: "model_challenger_error_difference"}[classes]
		for _, is := range []struct {
			metric, better string
			value          float64
		}{
			{metric, "", one.Difference.Value},
			{metric + "_lower", "", one.Difference.Lower},
			{metric + "_upper", "", one.Difference.Upper},
			{"model_challenger_samples", "", float64(one.Labels)},
			{"model_challenger_evidence", "challenger", one.Better},
			{"model_challenger_evidence", "served", one.Worse},
		} {
			key := series{metric: is.metric, model: collector.LabelValue(m.Name), version: collector.LabelValue(m.Version), challenger: markup, better: is.better}
			if want, ok := metrics[key]; !ok || want != is.value {
				t.Errorf("%+v is %v in the JSON and %v (%v) in the metrics", key, is.value, want, ok)
			}
		}
		holds(t, o, "/api/v1/drift")
	}
	lacks(t, ask(t, options(failed(t)), "/drift").Body.String(), "Shadows")
}
