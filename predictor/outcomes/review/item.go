package review

import "slices"

// item is a prediction that is drawn, or that somebody has reviewed.
type item struct {
	id, time int64
	// probability is that of being drawn, 0 if it was not drawn. weighted says that it depends on
	// the score, so that only weighted counts are unbiased. key is the place in the queue.
	probability, key float64
	weighted         bool
	twice            bool // two people review it
	class            string
	score            float64
	hasScore         bool
	said             []said
	scale            scale // of the outcomes
}

// said is what one person says last. given says that the queue gave them the prediction. Otherwise
// they chose it.
type said struct {
	reviewer, outcome string
	time              int64
	given             bool
}

// hear changes what a reviewer says. An empty outcome takes it back.
func (it *item) hear(reviewer, outcome string, time int64, given bool) {
	at := slices.IndexFunc(it.said, func(s said) bool { return s.reviewer == reviewer })
	switch {
	case at >= 0 && outcome == "":
		it.said = slices.Delete(it.said, at, at+1)
	case at >= 0:
		it.said[at].outcome, it.said[at].time = outcome, time
		it.said[at].given = it.said[at].given || given
	case outcome != "":
		it.said = append(it.said, said{reviewer, outcome, time, given})
	}
}

// of returns what a reviewer says, "" if nothing.
func (it *item) of(reviewer string) string {
	for _, s := range it.said {
		if s.reviewer == reviewer {
			return s.outcome
		}
	}
	return ""
}

// reviews returns what was said as far as it is a review of the sample. If people choose a drawn
// prediction themselves, it stays in the queue. Otherwise the sample would lack the predictions
// that people have a reason to choose.
func (it *item) reviews() (all []said) {
	if it.probability == 0 {
		return it.said
	}
	for _, s := range it.said {
		if s.given {
			all = append(all, s)
		}
	}
	return all
}

// suits reports whether a person can review it for the queue.
func (it *item) suits(reviewer string) bool {
	return it.open() && !slices.ContainsFunc(it.reviews(), func(s said) bool { return s.reviewer == reviewer })
}

// disputed reports whether two people disagree and no third has settled it.
func (it *item) disputed() bool {
	all := it.reviews()
	return len(all) == 2 && !it.scale.same(all[0].outcome, all[1].outcome)
}

// open reports whether another person must review it.
func (it *item) open() bool {
	switch len(it.reviews()) {
	case 0:
		return it.probability > 0
	case 1:
		return it.twice
	}
	return it.disputed()
}

// outcome returns what the reviewers say together, "" if nobody has said anything. Of two who
// disagree, the first one counts until a third settles it. Of three, the most frequent outcome
// counts; if all differ, the last person's. Of three numbers, the one in the middle counts.
func (it *item) outcome() string {
	if all := it.reviews(); len(all) > 0 {
		return it.together(all)
	}
	return it.together(it.said)
}

func (it *item) together(all []said) string {
	switch {
	case len(all) == 0:
		return ""
	case len(all) <= 2:
		return all[0].outcome
	case it.scale.number:
		return middle(all)
	}
	best, most := "", 0
	for _, s := range slices.Backward(all) {
		n := 0
		for _, other := range all {
			if other.outcome == s.outcome {
				n++
			}
		}
		if n > most {
			best, most = s.outcome, n
		}
	}
	return best
}

// observed returns when the last person said something.
func (it *item) observed() (time int64) {
	for _, s := range it.said {
		time = max(time, s.time)
	}
	return time
}
