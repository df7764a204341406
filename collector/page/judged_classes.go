package page

import (
	"cmp"
	"slices"
	"strings"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/page/draw"
	"github.com/drift-exporter/drift_exporter/collector/page/words"
)

// classMatrix counts outcomes by predicted class and outcome, of a multiclass model.
type classMatrix struct {
	Samples piece
	Model   string
	Names   []piece
	Rows    []classRow // in the order of Names
	Shown   string     // which classes are shown, "" if all are
}

type classRow struct {
	Name  piece
	Cells []classCell
}

// classCell is empty if nothing was counted.
type classCell struct {
	Count, Says string
	Right       bool
	draw.Bar
}

// mostClasses is the maximum number of classes that are shown one by one.
const mostClasses = 8

// classesOf counts predictions by class and outcome. The classes that occur most come first, and
// all beyond mostClasses are counted together.
func classesOf(m watched) *classMatrix {
	if m.Performance == nil || len(m.Performance.Pairs) == 0 {
		return nil
	}
	pairs := m.Performance.Pairs
	classes := slices.Clone(m.Performance.Classes)
	slices.SortStableFunc(classes, func(a, b assess.ClassPerformance) int {
		return cmp.Or(cmp.Compare(b.Actual+b.Predicted, a.Actual+a.Predicted), strings.Compare(a.Class, b.Class))
	})
	c := &classMatrix{Samples: count("model_accuracy_samples", m.Performance.Samples), Model: words.Plain(m.Name)}
	others := -1
	if len(classes) > mostClasses+1 {
		others = mostClasses
		c.Shown = "The " + words.Count(mostClasses) + " most frequent of " + words.Count(int64(len(classes))) + " classes; the others are counted together."
		classes = classes[:mostClasses]
	}
	at := map[string]int{}
	for i, one := range classes {
		at[one.Class] = i
		c.Names = append(c.Names, name(className(m, one.Class)))
	}
	if others >= 0 {
		c.Names = append(c.Names, piece{Text: "all others"})
	}
	place := func(class string) int {
		if i, ok := at[class]; ok {
			return i
		}
		return others
	}
	n := len(c.Names)
	counts, right, most := make([]int64, n*n), int64(0), int64(0)
	for _, p := range pairs {
		i, j := place(p.Predicted), place(p.Actual)
		counts[i*n+j] += p.Samples
		most = max(most, counts[i*n+j])
		if i == others && p.Predicted == p.Actual {
			right += p.Samples
		}
	}
	for i := range n {
		row := classRow{Name: c.Names[i]}
		for j := range n {
			cell := newClassCell(counts[i*n+j], most, i == j)
			if i == others && j == others && cell.Count != "" {
				cell.Says, cell.Right = "of which "+words.Count(right)+" right", right == counts[i*n+j]
			}
			row.Cells = append(row.Cells, cell)
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

func newClassCell(n, most int64, right bool) classCell {
	if n == 0 {
		return classCell{}
	}
	c := classCell{Count: words.Count(n), Says: "wrong", Right: right, Bar: draw.NewBar(draw.Pair{Window: float64(n)}, float64(most), confusionWidth, barHeight)}
	if right {
		c.Says = "right"
	}
	return c
}

// className returns what a class is called.
func className(m watched, class string) string {
	if r := m.of.Reference; r != nil {
		for _, c := range r.Classes {
			if c.Class == class && c.Name != "" {
				return c.Name
			}
		}
	}
	return class
}
