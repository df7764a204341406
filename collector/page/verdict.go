package page

import (
	"cmp"
	"slices"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/page/words"
)

// idleAfter is the time without a prediction after which a version is not served any
// more: the alerts leave it out from then on. staleAfter is when PredictionLogStale looks.
const (
	idleAfter  = 24 * time.Hour
	staleAfter = time.Hour
)

// state is what there is to say about something, from the worst.
type state int

// The states. Unknown is not good news.
const (
	drifted state = iota
	unknown
	quiet
)

// Word is how the page calls it, and its class in the style sheet.
func (s state) Word() string { return [...]string{"drift", "unknown", "quiet"}[s] }

// Mark returns a sign that differs from the others without colours.
func (s state) Mark() string { return [...]string{"▲", "?", "✓"}[s] }

// bands are the words for the severities.
var bands = [...]string{"minimal", "moderate", "significant"}

// subject is one distribution of a model as it is judged: a feature, the score or the
// class.
type subject struct {
	kind    kind
	name    string
	numeric bool
	assess.Drift

	bins    []assess.Bin
	feature *assess.Feature // nil for the score and the class
	at      int             // its number among its kind
}

// kind is what a subject is, and the parameter of the URL that names it.
type kind string

const (
	ofFeature kind = "feature"
	ofAnswer  kind = "prediction"
)

// features are the subjects of a model's features, the worst first.
func features(m watched) []subject {
	all := make([]subject, len(m.Features))
	for i := range m.Features {
		f := &m.Features[i]
		all[i] = subject{kind: ofFeature, name: f.Name, numeric: f.Numeric, Drift: f.Drift, bins: occupied(f.Bins), feature: f, at: i}
	}
	slices.SortStableFunc(all, worse)
	return all
}

// answers are the subjects of a model's score and class.
func answers(m watched) (all []subject) {
	if m.Predictions == nil {
		return nil
	}
	if s := m.Predictions.Score; s != nil {
		all = append(all, subject{kind: ofAnswer, name: "score", numeric: true, Drift: s.Drift, bins: occupied(s.Bins)})
	}
	if c := m.Predictions.Class; c != nil {
		all = append(all, subject{kind: ofAnswer, name: "class", Drift: c.Drift, bins: occupied(c.Bins), at: 1})
	}
	return all
}

// worse orders subjects: those that have drifted, then by what is left of their
// divergence above the noise, then those of which less is known.
func worse(a, b subject) int {
	return cmp.Or(cmp.Compare(a.state(), b.state()), cmp.Compare(b.corrected(), a.corrected()), cmp.Compare(b.kl(), a.kl()))
}

func (s *subject) state() state {
	switch {
	case s.Detected == nil:
		return unknown
	case *s.Detected:
		return drifted
	default:
		return quiet
	}
}

// corrected is -1 where it is not known, so that it sorts behind 0.
func (s *subject) corrected() float64 {
	if s.Test == nil {
		return -1
	}
	return s.Test.Corrected
}

func (s *subject) kl() float64 {
	if s.KL == nil {
		return -1
	}
	return *s.KL
}

// band is the word for the size of a divergence, "" when that is not known.
func (s *subject) band() string {
	if s.Test == nil {
		return ""
	}
	return bands[s.Test.Severity]
}

// idle reports whether a version gets no predictions any more.
func idle(m watched, now time.Time) bool {
	return m.Freshness != nil && m.Freshness.Newest != nil && now.Sub(*m.Freshness.Newest) > idleAfter
}

// few is the number of predictions where there are too few for a verdict.
func few(m watched) (n int64, ok bool) {
	if m.Freshness == nil {
		return 0, false
	}
	return m.Freshness.Predictions, m.Freshness.Predictions < drift.MinPredictions
}

// verdict is the one sentence about a model, and its state.
func verdict(m watched, broken bool) (phrase, state) {
	n, tooFew := few(m)
	shifted := m.Predictions != nil && m.Predictions.Detected != nil && *m.Predictions.Detected
	switch {
	case broken:
		return say("Drift is not known: the prediction log cannot be read"), unknown
	case m.Reference == nil:
		return say("Drift is not known: no reference serves this version"), unknown
	case m.Drifted != nil && m.Drifted.Features > 0:
		return say(
			number("model_drifted_features", float64(m.Drifted.Features), words.Count(int64(m.Drifted.Features))),
			" of "+words.Plural(int64(len(m.Features)), "feature"), haveDrifted(m.Drifted.Features)), drifted
	case shifted:
		return say("No feature has drifted, but its predictions have"), drifted
	case n == 0:
		return say("It has had no predictions yet"), unknown
	case m.Drifted == nil && tooFew:
		return say(words.Plural(n, "prediction"), " so far: a verdict takes ", words.Count(drift.MinPredictions)), unknown
	case m.Drifted == nil:
		return say("No feature has a verdict yet"), unknown
	case m.Drifted.Known < len(m.Features):
		return say("No drift in the ", words.Plural(int64(m.Drifted.Known), "feature"), " of "+words.Count(int64(len(m.Features)))+" that have a verdict"), quiet
	default:
		return say("No drift in ", words.Plural(int64(len(m.Features)), "feature")), quiet
	}
}

func haveDrifted(n int) string {
	if n == 1 {
		return " has drifted"
	}
	return " have drifted"
}
