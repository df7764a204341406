package agreement

import (
	"math"
	"slices"
	"strings"
)

// Estimate is the result of DawidSkene.
type Estimate struct {
	// Accuracy is, for each source, the estimated share of things for which it says the truth.
	// The true outcomes have the same shares as among all things. It is NaN for a source that
	// said nothing.
	Accuracy []float64
	// Outcomes are all outcomes that were said, sorted. Share is how often each of them is true.
	Outcomes []string
	Share    []float64
	// Rounds is the number of rounds. Converged says whether the probabilities came to rest.
	Rounds    int
	Converged bool
}

const (
	maxRounds = 500
	// atRest is the maximum change of a probability when the estimate has converged.
	atRest = 1e-9
	// pseudo is added to every count, so that an error that was never seen is not impossible.
	pseudo = 0.01
)

// DawidSkene estimates how good each source is, only from the things about which several sources
// said something. It uses expectation and maximisation [1]: the truth of each thing is hidden,
// and given the truth the sources are independent. It starts from the shares of the votes. ok is
// false unless at least three sources said something about the same thing, because two sources
// alone do not show which one is right.
//
// The sources must be right most of the time and must make independent errors. Two sources that
// copy each other look better than they are. The cost is O(n) once, and then O(rounds * patterns
// * outcomes). There are few patterns.
//
// [1] Dawid, A. P.; Skene, A. M. (1979). "Maximum Likelihood Estimation of Observer Error-Rates
// Using the EM Algorithm". Applied Statistics 28 (1): 20-28.
func DawidSkene(all []Said) (e Estimate, ok bool) {
	m := newModel(all)
	if m == nil {
		return e, false
	}
	for m.e.Rounds < maxRounds && !m.e.Converged {
		m.e.Rounds++
		m.maximise()
		m.e.Converged = m.expect() < atRest
	}
	m.maximise()
	m.accuracies()
	return m.e, true
}

// model holds the probabilities.
type model struct {
	e Estimate
	// said[i] are the statements of pattern i. weight[i] is the number of things with this
	// pattern: about each of them, the same sources say the same.
	said   [][]statement
	weight []float64
	all    float64 // of the weights
	// truth[i][k] is the probability that outcome k is the truth of the things with pattern i.
	truth [][]float64
	// errors[s][k][l] is the probability that source s says l when k is true.
	errors [][][]float64
	spoke  []bool
}

type statement struct{ source, outcome int }

// newModel returns nil if nothing can be estimated.
func newModel(all []Said) *model {
	m := &model{}
	for _, said := range all {
		for _, outcome := range said {
			if outcome != "" && !slices.Contains(m.e.Outcomes, outcome) {
				m.e.Outcomes = append(m.e.Outcomes, outcome)
			}
		}
	}
	slices.Sort(m.e.Outcomes)
	enough := false
	kinds := map[string]int{}
	for _, said := range all {
		key := strings.Join(said, "\x00")
		if i, again := kinds[key]; again {
			m.weight[i]++
			m.all++
			continue
		}
		var statements []statement
		truth := make([]float64, len(m.e.Outcomes))
		for s, outcome := range said {
			if outcome == "" {
				continue
			}
			l, _ := slices.BinarySearch(m.e.Outcomes, outcome)
			statements = append(statements, statement{s, l})
			truth[l]++
		}
		if len(statements) == 0 {
			continue
		}
		for k := range truth {
			truth[k] /= float64(len(statements))
		}
		enough = enough || len(statements) > 2
		kinds[key] = len(m.said)
		m.weight = append(m.weight, 1)
		m.all++
		m.said, m.truth = append(m.said, statements), append(m.truth, truth)
	}
	if !enough || len(m.e.Outcomes) < 2 {
		return nil
	}
	sources := len(all[0])
	m.spoke = make([]bool, sources)
	m.errors = make([][][]float64, sources)
	for s := range m.errors {
		m.errors[s] = make([][]float64, len(m.e.Outcomes))
		for k := range m.errors[s] {
			m.errors[s][k] = make([]float64, len(m.e.Outcomes))
		}
	}
	m.e.Share = make([]float64, len(m.e.Outcomes))
	return m
}

// maximise computes the shares and the errors from the truths.
func (m *model) maximise() {
	clear(m.e.Share)
	for s := range m.errors {
		for k := range m.errors[s] {
			for l := range m.errors[s][k] {
				m.errors[s][k][l] = pseudo
			}
		}
	}
	for i, statements := range m.said {
		for k, p := range m.truth[i] {
			p *= m.weight[i]
			m.e.Share[k] += p / m.all
			for _, st := range statements {
				m.spoke[st.source] = true
				m.errors[st.source][k][st.outcome] += p
			}
		}
	}
	for s := range m.errors {
		for k := range m.errors[s] {
			sum := 0.0
			for _, x := range m.errors[s][k] {
				sum += x
			}
			for l := range m.errors[s][k] {
				m.errors[s][k][l] /= sum
			}
		}
	}
}

// expect computes the truths from the shares and the errors, and returns the largest change.
func (m *model) expect() (change float64) {
	logs := make([]float64, len(m.e.Outcomes))
	for i, statements := range m.said {
		for k := range logs {
			logs[k] = math.Log(m.e.Share[k])
			for _, st := range statements {
				logs[k] += math.Log(m.errors[st.source][k][st.outcome])
			}
		}
		most, sum := slices.Max(logs), 0.0
		for k := range logs {
			logs[k] = math.Exp(logs[k] - most)
			sum += logs[k]
		}
		for k := range logs {
			p := logs[k] / sum
			change = max(change, math.Abs(p-m.truth[i][k]))
			m.truth[i][k] = p
		}
	}
	return change
}

// accuracies computes how often each source is right, weighted by the shares of the outcomes.
func (m *model) accuracies() {
	for s := range m.errors {
		accuracy := math.NaN()
		if m.spoke[s] {
			accuracy = 0
			for k, share := range m.e.Share {
				accuracy += share * m.errors[s][k][k]
			}
		}
		m.e.Accuracy = append(m.e.Accuracy, accuracy)
	}
}
