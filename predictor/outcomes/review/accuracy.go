package review

import (
	"slices"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/value"
	"github.com/drift-exporter/drift_exporter/predictor/weighted"
)

// otherClass are predicted classes that are none of the answers.
const otherClass = "__other__"

// accuracy estimates the accuracy of all predictions from those that were drawn and reviewed, and
// of each predicted class. Classes that people cannot answer with are one: they come from traffic.
func (q *queue) accuracy(classes *value.ClassReader, answers []outcomes.Answer) (all weighted.Share, byClass map[string]*weighted.Share) {
	byClass = map[string]*weighted.Share{}
	for _, it := range q.items {
		if it.probability == 0 || len(it.reviews()) == 0 {
			continue
		}
		class := classes.Predicted(it.class)
		right := class == it.outcome()
		if !slices.ContainsFunc(answers, func(a outcomes.Answer) bool { return a.Outcome == class }) {
			class = otherClass
		}
		all.Add(it.probability, right)
		if byClass[class] == nil {
			byClass[class] = &weighted.Share{}
		}
		byClass[class].Add(it.probability, right)
	}
	return all, byClass
}

// agreement returns how many predictions two people or more have reviewed, and on how many of
// them the first two agree.
func (q *queue) agreement() (agree, both int) {
	for _, it := range q.items {
		if all := it.reviews(); len(all) > 1 {
			both++
			if it.scale.same(all[0].outcome, all[1].outcome) {
				agree++
			}
		}
	}
	return agree, both
}
