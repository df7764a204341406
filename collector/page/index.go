package page

import (
	"cmp"
	"slices"

	"github.com/drift-exporter/drift_exporter/collector/page/words"
)

// mostFull is the number of model versions from which a page has a list of them. A page of more
// shows only the worst in full.
const mostFull = 8

// line is a model and version in the list.
type line struct {
	Name, Version piece
	Labels        labels
	State         state
	Sentence      phrase
	Harm          string
	TrainAgain    piece
	Idle, Dropped bool
}

// lines says of each model and version in one line how it fares.
func (v *viewer) lines(shown []watched) []line {
	all := make([]line, len(shown))
	for i, m := range shown {
		one := line{Name: linked(name(m.Name), v.modelLink(m)), Version: name(m.Version), Labels: labels{m.Name, m.Version}, Idle: idle(m, v.a.Time)}
		one.Sentence, one.State = v.verdict(m)
		one.Harm, _ = v.harm(m)
		one.TrainAgain = v.retrainingOf(m).Word
		one.Dropped = v.dropSince(m) != nil
		all[i] = one
	}
	return all
}

// worstFirst orders models by their worst version, those that do harm before others of the same
// state, and keeps the versions of a model together.
// Versions that are not served do not count.
func worstFirst(shown []watched, lines []line) (ordered []watched, of []line) {
	worst := map[string]int{}
	for i, m := range shown {
		rank := 2 * int(lines[i].State)
		switch {
		case lines[i].Idle:
			rank = 2 * int(quiet+1)
		case lines[i].Harm != "Yes":
			rank++
		}
		if before, ok := worst[m.Name]; !ok || rank < before {
			worst[m.Name] = rank
		}
	}
	at := make([]int, len(shown))
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(a, b int) int { return cmp.Compare(worst[shown[a].Name], worst[shown[b].Name]) })
	for _, i := range at {
		ordered, of = append(ordered, shown[i]), append(of, lines[i])
	}
	return ordered, of
}

// inFull says how many of the models, the worst first, are shown in full.
func inFull(n int) phrase {
	return say("The worst ", words.Count(int64(n)), " follow in full. The link of each of the others leads to its page.")
}
