package page

import (
	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/page/draw"
	"github.com/drift-exporter/drift_exporter/collector/page/words"
)

// fallen are the slices of the predictions whose accuracy fell. It is nil unless slices are
// followed.
type fallen struct {
	Says  string
	Lines []fallenLine
}

type fallenLine struct {
	Slice              []phrase
	Accuracy, Samples  piece
	Between, Reference phrase
	draw.Bar
}

// fallenOf shows the slices whose accuracy fell.
func (v *viewer) fallenOf(m watched) *fallen {
	s := m.Segments
	if s == nil {
		return nil
	}
	of := "Of " + words.Plural(int64(s.Followed), "slice") + ", accuracy fell in "
	f := &fallen{Says: of + "none."}
	switch {
	case s.Followed == 0:
		f.Says = "No slice is followed: it takes 30 outcomes in the reference."
	case s.Fallen > len(s.Worst):
		f.Says = of + words.Count(int64(s.Fallen)) + ". The " + words.Count(int64(len(s.Worst))) + " with the largest drop, by the outcomes since each began:"
	case s.Fallen > 0:
		f.Says = of + words.Count(int64(s.Fallen)) + ", by the outcomes since it began:"
	}
	for i := range s.Worst {
		one := &s.Worst[i]
		of := func(p piece) piece { return p.with("segment", one.Name) }
		line := fallenLine{
			Slice:    v.slice(m, one),
			Accuracy: of(percent("model_segment_accuracy", one.Accuracy.Value)),
			Between:  say(of(percent("model_segment_accuracy_lower", one.Accuracy.Lower)), " to ", of(percent("model_segment_accuracy_upper", one.Accuracy.Upper))),
			Samples:  of(count("model_segment_accuracy_samples", one.Samples)),
		}
		shares := draw.Pair{Window: one.Accuracy.Value}
		if one.Reference != nil {
			line.Reference, shares.Reference = say(of(percent("model_segment_reference_accuracy", *one.Reference))), *one.Reference
		}
		line.Bar = draw.NewBar(shares, 1, barWidth, barHeight)
		if one.Reference == nil {
			line.Mark = ""
		}
		f.Lines = append(f.Lines, line)
	}
	return f
}

// slice names the features of a slice and their values.
func (v *viewer) slice(m watched, s *assess.Segment) (parts []phrase) {
	for _, part := range s.Parts {
		for _, f := range m.features {
			if f.name == part.Feature {
				parts = append(parts, say(linked(name(f.name), v.link(m, f)), ": ", name(words.Bins([]string{part.Bin}, f.numeric)[0])))
			}
		}
	}
	return parts
}

// worstSlice says in which slice accuracy fell most. It is nil if it fell in none.
func (v *viewer) worstSlice(m watched) phrase {
	s := m.Segments
	if s == nil || len(s.Worst) == 0 {
		return nil
	}
	worst := &s.Worst[0]
	p := say("Look at the slices whose accuracy fell, most where ", list(v.slice(m, worst)), ": ",
		percent("model_segment_accuracy", worst.Accuracy.Value).with("segment", worst.Name), " right")
	if worst.Reference != nil {
		p = say(p, ", in the reference ", percent("model_segment_reference_accuracy", *worst.Reference).with("segment", worst.Name))
	}
	return say(p, ".")
}
