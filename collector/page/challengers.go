package page

import (
	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/page/words"
)

// challengerLine compares a shadow with the version that it shadows.
type challengerLine struct {
	Version, Samples    piece
	Verdict             string
	Difference, Between phrase
	Only                string // how often one alone was right
}

// verdictsOnChallengers are the verdicts as the page says them.
var verdictsOnChallengers = map[string]string{
	assess.ChallengerUndecided: "not known yet", assess.ChallengerBetter: "better", assess.ChallengerSurelyBetter: "surely better", assess.ChallengerWorse: "worse",
}

// challengersOf compares the shadows of a version with it.
func challengersOf(m watched) (all []challengerLine) {
	for i := range m.Challengers {
		c := &m.Challengers[i]
		of := func(p piece) piece { return p.with("challenger", c.Version) }
		line := challengerLine{
			Version: name(c.Version), Samples: of(count("model_challenger_samples", c.Labels)), Verdict: verdictsOnChallengers[c.Verdict],
			Only: words.Count(c.Wins) + " to " + words.Count(c.Losses),
		}
		if d := c.Difference; d != nil {
			metric, text := "model_challenger_accuracy_difference", words.Points
			if !m.Type.HasClasses() {
				metric, text = "model_challenger_error_difference", func(x float64) string { return words.Number(x, 3) }
			}
			line.Difference = say(of(number(metric, d.Value, text(d.Value))))
			line.Between = say(of(number(metric+"_lower", d.Lower, text(d.Lower))), " to ", of(number(metric+"_upper", d.Upper, text(d.Upper))))
		}
		all = append(all, line)
	}
	return all
}

// promotion names the shadow that should be served, nil if there is none.
func promotion(m watched) phrase {
	for i := range m.Challengers {
		if c := &m.Challengers[i]; c.Verdict == assess.ChallengerSurelyBetter {
			return say("Serve version ", name(c.Version), " instead: on the same predictions it is surely better.")
		}
	}
	return nil
}
