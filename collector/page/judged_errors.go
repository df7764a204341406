package page

import (
	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/page/draw"
	"github.com/drift-exporter/drift_exporter/collector/page/words"
)

// errorPictures show how large the errors of a regression are.
type errorPictures struct {
	Samples piece
	Errors  density
	// Sizes compares the absolute errors with those of the reference, nil if those are unknown.
	Sizes  *density
	Beyond []phrase // what the pictures leave out
}

// sizeCells is the number of cells of Sizes. With more, the errors of a hundred outcomes look
// ragged.
const sizeCells = 20

// errorsOf shows the errors of a regression.
func errorsOf(m watched) *errorPictures {
	if m.Regression == nil || m.Regression.Errors == nil || m.Regression.Samples < enoughOutcomes {
		return nil
	}
	h := m.Regression.Errors
	e := &errorPictures{Samples: count("model_error_samples", m.Regression.Samples)}
	ranges := make([]draw.Range, len(h.Bins))
	for i, b := range h.Bins {
		ranges[i] = draw.Range{From: b.From, To: b.To, Pair: draw.Pair{Window: float64(b.Samples)}}
	}
	e.Errors = labelled(draw.NewHistogram(ranges, densityWidth, densityHeight), "predicted value minus outcome", "Errors of the newest outcomes, predicted value minus outcome")
	if h.Below > 0 {
		e.Beyond = append(e.Beyond, say(words.Plural(h.Below, "error"), " below ", plainSize(h.Bins[0].From), " left out."))
	}
	if h.Above > 0 {
		e.Beyond = append(e.Beyond, say(words.Plural(h.Above, "error"), " above ", plainSize(h.Bins[len(h.Bins)-1].To), " left out."))
	}
	e.addSizes(m.Regression.AbsoluteErrors)
	return e
}

// addSizes draws absolute errors. The largest one percent of the reference's may be much larger
// than the others, so it is left out.
func (e *errorPictures) addSizes(f *assess.Fine) {
	if f == nil {
		return
	}
	drawn, known, larger := []draw.Range{}, 0., f.Above
	for _, b := range f.Bins {
		if known >= .99-1e-9 && b.To > b.From {
			larger += b.Window
			continue
		}
		known += b.Reference
		drawn = append(drawn, draw.Range{From: b.From, To: b.To, Pair: draw.Pair{Reference: b.Reference, Window: b.Window}})
	}
	d := draw.NewCoarseDensity(drawn, sizeCells, densityWidth, densityHeight)
	if d.Window == "" {
		return // all errors of the reference are of one size
	}
	sizes := labelled(d, "size of the error, outline: reference", "Sizes of the errors, reference as an outline, window filled")
	e.Sizes = &sizes
	if larger > 0 {
		e.Beyond = append(e.Beyond, say(words.Percent(larger), " of the errors are larger than ", plainSize(drawn[len(drawn)-1].To), ", as 1\u00a0% of those of the reference are; their sizes are left out."))
	}
	if f.Below > 0 {
		e.Beyond = append(e.Beyond, say(words.Percent(f.Below), " of the errors are smaller than all of the reference; their sizes are left out."))
	}
}

// labelled adds texts to a picture.
func labelled(d draw.Density, axis, label string) density {
	picture := density{Density: d, Axis: axis, Label: label}
	for _, t := range d.Ticks {
		picture.Ticks = append(picture.Ticks, tick{t.At, plainSize(t.Value)})
	}
	return picture
}
