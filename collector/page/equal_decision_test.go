package page

import (
	"reflect"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// compareDecision compares the decision and the slices of a model in the JSON with the metrics, and
// returns how many numbers it has compared. It is told when the metrics have one more.
func compareDecision(t *testing.T, m *assess.Model, metrics map[series]float64) (n int) {
	t.Helper()
	got, want := map[series]float64{}, map[series]float64{}
	of := func(metric string) series {
		return series{metric: metric, model: collector.LabelValue(m.Name), version: collector.LabelValue(m.Version)}
	}
	add := func(key series, x *float64) {
		if x != nil {
			got[key] = *x
		}
	}
	number := func(x float64) *float64 { return &x }
	yes := func(b *bool) *float64 {
		if b == nil {
			return nil
		}
		return number(truth(*b))
	}
	if d := m.Decision; d != nil {
		verdict, evidence := "model_accuracy_drop_detected", "model_accuracy_drop_evidence"
		if m.Type == value.Regression {
			verdict, evidence = "model_accuracy_drop_loss_detected", "model_accuracy_drop_loss_evidence"
		}
		if d.Drop != nil {
			add(of(verdict), yes(&d.Drop.Detected))
			add(of(evidence), &d.Drop.LogEvidence)
		}
		add(of("model_accuracy_drop_coverage_ratio"), d.Coverage)
		if d.Excess != nil {
			add(of("model_excess_errors"), &d.Excess.Errors)
			add(of("model_excess_errors_lower"), &d.Excess.Lower)
		}
		if d.TrainingAge != nil {
			add(of("model_training_age_seconds"), number(d.TrainingAge.Seconds()))
		}
		add(of("model_retrain_recommended"), yes(d.Recommended))
		for _, reason := range d.Reasons.All() {
			key := of("model_retrain_reason")
			key.reason = reason.Name
			add(key, yes(reason.Holds))
		}
	}
	if m.Segments != nil {
		for i := range m.Segments.Worst {
			s := &m.Segments.Worst[i]
			for metric, x := range map[string]*float64{
				"model_segment_accuracy": &s.Accuracy.Value, "model_segment_accuracy_lower": &s.Accuracy.Lower, "model_segment_accuracy_upper": &s.Accuracy.Upper,
				"model_segment_accuracy_samples": number(float64(s.Samples)), "model_segment_reference_accuracy": s.Reference,
			} {
				key := of(metric)
				key.segment = collector.LabelValue(s.Name)
				add(key, x)
			}
		}
	}
	ours := map[string]bool{}
	for _, name := range decided {
		ours[name] = true
	}
	for key, x := range metrics {
		if ours[key.metric] && key.model == collector.LabelValue(m.Name) && key.version == collector.LabelValue(m.Version) {
			want[key] = x
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q %q: the JSON decides\n%v\nand the metrics\n%v", m.Name, m.Version, got, want)
	}
	return len(got)
}

// decided are the metrics of the collectors decision and segments.
var decided = []string{
	"model_accuracy_drop_detected", "model_accuracy_drop_evidence", "model_accuracy_drop_loss_detected", "model_accuracy_drop_loss_evidence",
	"model_accuracy_drop_coverage_ratio", "model_excess_errors", "model_excess_errors_lower", "model_training_age_seconds", "model_retrain_recommended", "model_retrain_reason",
	"model_segment_accuracy", "model_segment_accuracy_lower", "model_segment_accuracy_upper", "model_segment_accuracy_samples", "model_segment_reference_accuracy",
}

// The metrics that are compared are all that the two collectors export.
func TestEveryMetricOfADecisionIsCompared(t *testing.T) {
	t.Parallel()
	all := map[string]bool{}
	for _, s := range []fixed{failed(t), ofType(t, value.Regression, 20)} {
		for name := range exportedBy(t, s, "decision", "segments") {
			if strings.HasPrefix(name.metric, "model_") {
				all[name.metric] = true
			}
		}
	}
	for _, name := range decided {
		delete(all, name)
	}
	if len(all) > 0 {
		t.Errorf("nothing compares %v", all)
	}
}

// A model whose outcomes become wrong for one category: the page names it, says since when, and
// recommends to train again.
func TestAFallOfAccuracyIsShown(t *testing.T) {
	t.Parallel()
	s := failed(t)
	contains(t, ask(t, options(s), "/drift").Body.String(),
		"Does it hurt?YesAccuracy has been more than 5 points below that of the reference since",
		"Train again?YesAccuracy is below that of the reference",
		"more errors than the reference would have",
		"Look at the slices whose accuracy fell, most where "+markup+": "+markup+": ",
		"Train again on rows with recent outcomes: ModelRetrainRecommended.",
		"Of 44 slices, accuracy fell in 1, by the outcomes since it began:",
		"The training is younger than 7 daysnoit is",
	)
	m := decoded(t, options(s))
	if x := m.Segments; x.Followed != 44 || x.Fallen != 1 || len(x.Worst) != 1 || x.Worst[0].Parts[0] != (assess.SegmentPart{Feature: markup, Bin: markup}) {
		t.Errorf("%+v", x)
	}
	holds(t, options(s), "/api/v1/drift")
	holds(t, options(s), at("/api/v1/drift", "model", markup))
}

// Nothing is said of slices that nobody follows, and of slices in which nothing fell that.
func TestSlicesWithoutAFall(t *testing.T) {
	t.Parallel()
	now := *failed(t).Snapshot(t.Context())
	all := *now.Models[0].Accuracy
	with := func(s *snapshot.Segments) Options {
		a, m := all, now.Models[0]
		a.Segments = s
		m.Accuracy = &a
		copied := now
		copied.Models = []snapshot.Model{m}
		return options(still{&copied})
	}
	lacks(t, ask(t, with(nil), "/drift").Body.String(), "slice")
	contains(t, ask(t, with(&snapshot.Segments{Followed: 12}), "/drift").Body.String(), "Of 12 slices, accuracy fell in none.")
	part := []snapshot.SegmentPart{{Feature: 1}}
	pair := snapshot.Segment{Parts: append(part, snapshot.SegmentPart{Feature: 0, Bin: 1}), Labels: 100, Errors: 50, LogEvidence: 20, Threshold: 16}
	many := with(&snapshot.Segments{Followed: 12, Segments: []snapshot.Segment{pair, pair, pair, pair, pair, pair, pair}})
	contains(t, ask(t, many, "/drift").Body.String(), "accuracy fell in 7. The 5 with the largest drop, by the outcomes since each began:", "not counted for two")
	if x := decoded(t, many).Segments; x.Fallen != 7 || len(x.Worst) != 5 || len(x.Worst[0].Parts) != 2 || x.Worst[0].Reference != nil {
		t.Errorf("%+v", x)
	}
	holds(t, many, "/api/v1/drift")
	contains(t, ask(t, with(&snapshot.Segments{}), "/drift").Body.String(), "No slice is followed: it takes 30 outcomes in the reference.")
}
