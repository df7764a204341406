package assess

import (
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

func TestEvidenceDecidesAboutAChallenger(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		of           value.Prediction
		better       float64
		worse        float64
		lower, upper float64
		want         string
	}{
		{"", 0, 0, -1, 1, ChallengerUndecided},
		{"", 2.99, 0, .01, .1, ChallengerUndecided},
		{"", 3, -2, .01, .1, ChallengerBetter},
		{"", 4.61, -2, .01, .1, ChallengerSurelyBetter},
		{"", 4.61, -2, -.01, .1, ChallengerBetter}, // its interval does not say so
		{value.Multiclass, -3, 3, -.1, .1, ChallengerWorse},
		{value.Regression, 4.61, -2, -3, -1, ChallengerSurelyBetter}, // the errors are smaller
		{value.Regression, 4.61, -2, 1, 3, ChallengerBetter},
		{value.Regression, -2, 5, 1, 3, ChallengerWorse},
	} {
		m := &snapshot.Model{Type: test.of, Challengers: &snapshot.Challengers{{Version: "2", Labels: 9, Lower: test.lower, Upper: test.upper, Better: test.better, Worse: test.worse}}}
		if got := ChallengersOf(m); len(got) != 1 || got[0].Verdict != test.want || got[0].Difference == nil || got[0].Difference.Upper != test.upper {
			t.Errorf("%+v: %+v", test, got)
		}
	}
	if got := ChallengersOf(&snapshot.Model{Challengers: &snapshot.Challengers{{Version: "2"}}}); got[0].Difference != nil {
		t.Errorf("without outcomes: %+v", got)
	}
	if got := ChallengersOf(&snapshot.Model{}); got != nil {
		t.Errorf("without a shadow: %+v", got)
	}
}
