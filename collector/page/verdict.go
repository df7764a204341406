package page

import (
	"cmp"
	"slices"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/page/words"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// idleAfter is the time without a prediction after which a version is no longer considered to be
// served. Alerts ignore it from then on. staleAfter is the time of the alert PredictionLogStale.
const (
	idleAfter  = 24 * time.Hour
	staleAfter = time.Hour
)

// state is a summary of something. The worst state is first.
type state int

// The states. Unknown is not good news.
const (
	drifted state = iota
	unknown
	quiet
)

// Word returns the name of the state on the page. It is also its class in the style sheet.
func (s state) Word() string { return [...]string{"drift", "unknown", "quiet"}[s] }

// Mark returns a sign that differs from the others without colours.
func (s state) Mark() string { return [...]string{"▲", "?", "✓"}[s] }

// bands are the words for the severities.
var bands = [...]string{"minimal", "moderate", "significant"}

// subject is one distribution of a model with its verdict: a feature, the score or the class.
type subject struct {
	kind    kind
	name    string
	numeric bool
	assess.Drift

	feature *assess.Feature        // nil for the score and the class
	of      *snapshot.Distribution // the data behind it
	at      int                    // its number among its kind

	shown []assess.Bin  // set once somebody asks
	trail *assess.Trail // likewise
}

// kind says what a subject is. It is also the URL parameter that names the subject.
type kind string

const (
	ofFeature kind = "feature"
	ofAnswer  kind = "prediction"
)

// featuresOf returns the subjects of a model's features, the worst first.
func featuresOf(m *assess.Model, of *snapshot.Model) []*subject {
	subjects, all := make([]subject, len(m.Features)), make([]*subject, len(m.Features))
	for i := range m.Features {
		f := &m.Features[i]
		subjects[i] = subject{kind: ofFeature, name: f.Name, numeric: f.Numeric, Drift: f.Drift, feature: f, of: &of.Features()[i], at: i}
		all[i] = &subjects[i]
	}
	slices.SortStableFunc(all, worse)
	return all
}

// answersOf returns the subjects of a model's score and class.
func answersOf(m *assess.Model, of *snapshot.Model) (all []*subject) {
	if m.Predictions == nil {
		return nil
	}
	if s := m.Predictions.Score; s != nil {
		all = append(all, &subject{kind: ofAnswer, name: "score", numeric: true, Drift: s.Drift, of: of.Score()})
	}
	if c := m.Predictions.Class; c != nil {
		all = append(all, &subject{kind: ofAnswer, name: "class", Drift: c.Drift, of: of.Class(), at: 1})
	}
	return all
}

// bins returns the bins to show.
func (s *subject) bins() []assess.Bin {
	if s.shown == nil {
		s.shown = occupied(assess.BinsOf(s.of))
	}
	return s.shown
}

// trailOf returns how a subject went, nil when nothing is kept of that.
func (v *viewer) trailOf(s *subject) *assess.Trail {
	if s.trail == nil {
		s.trail = v.judgement.TrailOf(s.of)
	}
	return s.trail
}

// worse orders subjects. Subjects that have drifted come first, then those with the largest
// divergence above the noise. Subjects about which less is known come last.
func worse(a, b *subject) int {
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

// corrected returns -1 if the value is not known, so that it sorts after 0.
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

// band returns the word for the size of a divergence, "" if that is not known.
func (s *subject) band() string {
	if s.Test == nil {
		return ""
	}
	return bands[s.Test.Severity]
}

// idle reports whether a version no longer gets predictions.
func idle(m watched, now time.Time) bool {
	return m.Freshness != nil && m.Freshness.Newest != nil && now.Sub(*m.Freshness.Newest) > idleAfter
}

// few returns the number of predictions. ok says that they are too few for a verdict.
func few(m watched) (n int64, ok bool) {
	if m.Freshness == nil {
		return 0, false
	}
	return m.Freshness.Predictions, m.Freshness.Predictions < drift.MinPredictions
}

// unread says what became of the prediction log when a snapshot has an error.
func (v *viewer) unread() string {
	if v.a.Reading {
		return "is still being read"
	}
	return "cannot be read"
}

// verdict returns one sentence about a model, and its state.
func (v *viewer) verdict(m watched) (phrase, state) {
	n, tooFew := few(m)
	dropped := m.Decision != nil && m.Decision.Drop != nil && m.Decision.Drop.Detected
	shifted := m.Predictions != nil && m.Predictions.Detected != nil && *m.Predictions.Detected
	switch {
	case v.a.Error != "":
		return say("Drift is not known: the prediction log ", v.unread()), unknown
	case m.Reference == nil:
		return say("Drift is not known: no reference serves this version"), unknown
	case m.Drifted != nil && m.Drifted.Features > 0:
		return say(
			number("model_drifted_features", float64(m.Drifted.Features), words.Count(int64(m.Drifted.Features))),
			" of "+words.Plural(int64(len(m.Features)), "feature"), haveDrifted(m.Drifted.Features)), drifted
	case shifted:
		return say("No feature has drifted, but its predictions have"), drifted
	case dropped && m.Type == value.Regression:
		return say("No feature has drifted, but its errors have grown"), drifted
	case dropped:
		return say("No feature has drifted, but its accuracy has dropped"), drifted
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
