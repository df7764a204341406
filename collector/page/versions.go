package page

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/drift-exporter/drift_exporter/collector/page/words"
)

// sideBySide compares the versions of a model, with a column for each version.
type sideBySide struct {
	Model    string
	Versions []column
	Rows     []comparison
	// Shown says which features are compared. It is nil if all are.
	Shown phrase
}

// column is the head of a version.
type column struct {
	Version piece
	Label   string
	Idle    bool
}

// comparison is one line: what is compared, and a cell for each version.
type comparison struct {
	Name    piece
	Feature string // the label, "" for what is no feature
	Cells   []cell
}

// cell is empty if there is nothing to show.
type cell struct {
	Value phrase
	State state
	Known bool // has a state
}

// mostCompared is the maximum number of features that are compared.
const mostCompared = 12

// sideBySide compares the versions of a model among those shown. It returns nil if there is only
// one.
func (v *viewer) sideBySide(model string, shown []watched) *sideBySide {
	var versions []watched
	for _, m := range shown {
		if m.Name == model {
			versions = append(versions, m)
		}
	}
	if len(versions) < 2 {
		return nil
	}
	c := &sideBySide{Model: words.Plain(model)}
	for _, m := range versions {
		c.Versions = append(c.Versions, column{linked(versionName(m), v.modelLink(m)), m.Version, idle(m, v.a.Time)})
	}
	for _, line := range []struct {
		name string
		of   func(watched) (string, phrase, phrase)
	}{
		{"Window", v.window}, {"Last prediction", v.last}, {"Accuracy", accuracy}, {"Estimated accuracy", estimate},
		{"Outcomes", coverage}, {"Train again?", v.trainAgain}, {"Shift of the answers", shift}, {"Reference", v.reference},
	} {
		row := comparison{Name: piece{Text: line.name}}
		for _, m := range versions {
			_, value, _ := line.of(m)
			row.Cells = append(row.Cells, cell{Value: value})
		}
		c.Rows = append(c.Rows, row)
	}
	v.compareFeatures(c, versions)
	return c
}

// trainAgain says whether to train a version again.
func (v *viewer) trainAgain(m watched) (term string, value, note phrase) {
	return "", say(v.retrainingOf(m).Word), nil
}

// versionName returns the name of a version.
func versionName(m watched) piece {
	if m.Version == "" {
		return piece{Text: "every version"}
	}
	return name(m.Version)
}

// compareFeatures adds a line for each feature. The feature that is worst in any version comes
// first.
func (v *viewer) compareFeatures(c *sideBySide, versions []watched) {
	by := make([]map[string]*subject, len(versions))
	worst := map[string]*subject{}
	for i, m := range versions {
		by[i] = map[string]*subject{}
		for _, s := range m.features {
			by[i][s.name] = s
			if worst[s.name] == nil || worse(s, worst[s.name]) < 0 {
				worst[s.name] = s
			}
		}
	}
	names := slices.SortedFunc(maps.Keys(worst), func(a, b string) int {
		return cmp.Or(worse(worst[a], worst[b]), strings.Compare(a, b))
	})
	if len(names) > mostCompared {
		c.Shown = say("The ", words.Count(mostCompared), " features of "+words.Count(int64(len(names)))+" that differ most in any version.")
		names = names[:mostCompared]
	}
	for _, n := range names {
		row := comparison{Name: name(n), Feature: n}
		for i, m := range versions {
			s := by[i][n]
			if s == nil {
				row.Cells = append(row.Cells, cell{})
				continue
			}
			value := say(linked(piece{Text: v.says(m, s)}, v.link(m, s)))
			if s.Test != nil {
				value = say(value, ", ", s.band(), ", ", corrected(s))
			}
			row.Cells = append(row.Cells, cell{value, s.state(), true})
		}
		c.Rows = append(c.Rows, row)
	}
}
