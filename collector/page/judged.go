package page

import (
	"math"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/page/draw"
	"github.com/drift-exporter/drift_exporter/collector/page/words"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// judged are the pictures of how right a model is. Each is nil if there is nothing to show, which
// includes types of models that it does not know.
type judged struct {
	Accuracies  *accuracies
	Course      *accuracyCourse
	Confusion   *confusion
	Calibration *calibration
	Classes     *classMatrix
	Errors      *errorPictures
	Fallen      *fallen
	Reasons     *reasonTable
	Challengers []challengerLine
}

// accuracies compares the accuracy by outcomes with what was expected.
type accuracies struct {
	From, To string
	Lines    []accuracyLine
}

type accuracyLine struct {
	Name  string
	Value phrase
	draw.Whisker
}

// accuracyCourse is the accuracy over the time that is shown.
type accuracyCourse struct {
	draw.Course

	From, To piece
	Top, Low string
	Says     string
}

// confusion counts outcomes by class, of a binary model.
type confusion struct {
	Positive, Negative piece
	Cells              [2][2]confusionCell // prediction, then outcome; the positive class first
	Samples            piece
}

type confusionCell struct {
	Count piece
	Share string
	Right bool
	draw.Bar
}

// calibration is a reliability diagram with its numbers. What is what the scores say about outcomes.
type calibration struct {
	draw.Calibration

	Says, What string
	Groups     []calibrationLine
	Open       bool // shows the numbers at once, as on paper
}

type calibrationLine struct {
	Score, Share, Samples piece
	Range                 string
}

const (
	whiskerWidth, whiskerHeight = 200, 16
	calibrationSize             = 200
	confusionWidth              = 80
)

// judgedOf returns the pictures of how right a model is, which show what the JSON of the model has.
func (v *viewer) judgedOf(m watched) judged {
	one := *m.Model
	trace(&one, m)
	m.Model = &one
	return v.picturesOf(m)
}

// picturesOf is judgedOf for a model with its accuracy over time and its outcomes.
func (v *viewer) picturesOf(m watched) judged {
	return judged{accuraciesOf(m), v.accuracyCourse(m), confusionOf(m), calibrationOf(m, v.alone), classesOf(m), errorsOf(m), v.fallenOf(m), v.reasonsOf(m), challengersOf(m)}
}

// accuraciesOf shows truth beside estimate, with their bounds.
func accuraciesOf(m watched) *accuracies {
	type one struct {
		name, metric string
		*assess.Interval
	}
	var shown []one
	add := func(name, metric string, i *assess.Interval) {
		if i != nil {
			shown = append(shown, one{name, metric, i})
		}
	}
	if m.Performance != nil {
		add("by the newest outcomes", "model_accuracy", m.Performance.Accuracy)
	}
	if m.Matured != nil {
		add("once outcomes are in", "model_matured_accuracy", m.Matured.Accuracy)
	}
	if m.Estimate != nil {
		add("estimated, without outcomes", "model_estimated_accuracy", &m.Estimate.Accuracy)
	}
	if len(shown) == 0 {
		return nil
	}
	if m.Reference != nil && m.Reference.Accuracy != nil {
		x := *m.Reference.Accuracy
		add("on the reference", "", &assess.Interval{Value: x, Lower: x, Upper: x})
	}
	from, to := 1., 0.
	for _, s := range shown {
		from, to = min(from, s.Lower), max(to, s.Upper)
	}
	from, to = max(0, math.Floor(20*from)/20), min(1, math.Ceil(20*to)/20)
	a := &accuracies{From: words.Percent(from), To: words.Percent(to)}
	for _, s := range shown {
		line := accuracyLine{Name: s.name, Whisker: draw.NewWhisker(s.Value, s.Lower, s.Upper, from, to, whiskerWidth, whiskerHeight)}
		if s.metric == "" {
			line.Value = say(words.Percent(s.Value))
		} else {
			line.Value = say(percent(s.metric, s.Value), " (", between(s.metric, s.Interval), ")")
		}
		a.Lines = append(a.Lines, line)
	}
	return a
}

// accuracyCourse draws the accuracy of the newest outcomes, at the time of each, with a dashed line
// at that of the reference.
func (v *viewer) accuracyCourse(m watched) *accuracyCourse {
	from, values := v.a.Time.Add(-v.span), []draw.Value{}
	low := 1.
	if m.Performance == nil {
		return nil
	}
	for _, p := range m.Performance.Trail {
		if p.Samples >= enoughOutcomes && !p.Time.Before(from) {
			share := float64(p.Correct) / float64(p.Samples)
			values, low = append(values, draw.Value{Time: p.Time, Value: share}), min(low, share)
		}
	}
	if len(values) < 2 {
		return nil
	}
	var known []float64
	if m.Reference != nil && m.Reference.Accuracy != nil {
		known, low = []float64{*m.Reference.Accuracy}, min(low, *m.Reference.Accuracy)
	}
	low = max(0, math.Floor(10*low-.5)/10) // the lower edge
	for i := range values {
		values[i].Value -= low
	}
	for i := range known {
		known[i] -= low
	}
	c := &accuracyCourse{From: when(from, v.a.Time), To: when(v.a.Time, v.a.Time), Low: words.Percent(low)}
	c.Course = draw.NewCourse(values, nil, draw.CourseOptions{From: from, To: v.a.Time, Width: largeWidth, Height: largeHeight / 2, Levels: known, Most: 1 - low, Gap: v.span / 6})
	c.Top = words.Percent(low + c.Course.Top)
	first, last := values[0].Value+low, values[len(values)-1].Value+low
	c.Says = "from " + words.Percent(first) + " to " + words.Percent(last)
	return c
}

// enoughOutcomes is how many outcomes a reliability diagram, and a point of the accuracy over time,
// have at least.
const enoughOutcomes = 20

// confusionOf counts predictions by class and outcome.
func confusionOf(m watched) *confusion {
	p := m.Performance
	if p == nil || p.Confusion == nil || p.Samples == 0 {
		return nil
	}
	positive, negative := classNames(m)
	c := &confusion{Positive: name(positive), Negative: name(negative), Samples: piece{Text: words.Count(p.Samples)}}
	most := max(p.Confusion.TruePositive, p.Confusion.FalsePositive, p.Confusion.FalseNegative, p.Confusion.TrueNegative)
	for i, row := range [2][2]int64{{p.Confusion.TruePositive, p.Confusion.FalsePositive}, {p.Confusion.FalseNegative, p.Confusion.TrueNegative}} {
		for j, n := range row {
			share := float64(n) / float64(p.Samples)
			c.Cells[i][j] = confusionCell{
				Count: piece{Text: words.Count(n)}, Share: words.Percent(share), Right: i == j,
				Bar: draw.NewBar(draw.Pair{Window: float64(n)}, float64(most), confusionWidth, barHeight),
			}
		}
	}
	return c
}

// classNames returns what the classes of a binary model are called.
func classNames(m watched) (positive, negative string) {
	positive, negative = "1", "not 1"
	r := m.of.Reference
	if r == nil {
		return positive, negative
	}
	positive, negative = r.Positive, "not "+r.Positive
	for _, c := range r.Classes {
		called := c.Class
		if c.Name != "" {
			called = c.Name
		}
		if c.Class == r.Positive {
			positive = called
		} else {
			negative = called
		}
	}
	return positive, negative
}

// calibrationOf compares scores with what came true, of models whose scores are probabilities. Open
// says to show the numbers at once.
func calibrationOf(m watched, open bool) *calibration {
	if m.Performance == nil {
		return nil
	}
	groups, samples := m.Performance.Calibration, int64(0)
	for _, g := range groups {
		samples += g.Samples
	}
	if samples < enoughOutcomes {
		return nil
	}
	c, off := &calibration{What: "came true", Open: open}, int64(0)
	if m.Type == value.Multiclass {
		c.What = "were right"
	}
	drawn := make([]draw.Group, len(groups))
	for i, g := range groups {
		drawn[i] = draw.Group{Score: g.Score, Share: g.Share.Value, Lower: g.Share.Lower, Upper: g.Share.Upper}
		c.Groups = append(c.Groups, calibrationLine{
			Score: piece{Text: words.Percent(g.Score)}, Share: piece{Text: words.Percent(g.Share.Value)}, Samples: piece{Text: words.Count(g.Samples)},
			Range: words.Percent(g.Share.Lower) + " to " + words.Percent(g.Share.Upper),
		})
		if g.Score < g.Share.Lower || g.Score > g.Share.Upper {
			off++
		}
	}
	c.Says = "Of " + words.Plural(int64(len(groups)), "group") + " of scores, all " + c.What + " as often as they say, within their 95\u00a0% intervals."
	if off > 0 {
		c.Says = "Of " + words.Plural(int64(len(groups)), "group") + " of scores, " + words.Count(off) + " " + c.What + " more or less often than they say, beyond their 95\u00a0% interval. By chance alone, one in 20 is."
	}
	c.Calibration = draw.NewCalibration(drawn, calibrationSize)
	return c
}
