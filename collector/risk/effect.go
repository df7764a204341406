package risk

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

const (
	// shortBlock is the smallest number of outcomes in a block. Blocks of twice as many are made
	// of two neighbours, and so on for levels; every second level is compared.
	shortBlock = 16
	levels     = 7
	scales     = 4
	// fewPairs is the number of pairs of a length from which it counts.
	fewPairs = 16
	// trimmed is the number of pairs of each length that are left out: those that differ most.
	trimmed = 2
	// epoch is the number of outcomes after which older pairs count in one more epoch only.
	epoch = 262_144
	// unsure sets the margin for few outcomes: after this many, twice the estimate is used.
	unsure = 1024
)

// effect estimates the design effect of outcomes: the variance of the errors in a block of
// outcomes, relative to independent ones [1]. It is above 1 for outcomes that come in batches of
// similar ones.
//
// It compares neighbouring blocks of 16, 64, 256 and 1,024 outcomes. Two blocks of n and m
// outcomes with t errors together differ, if their order is random, by a hypergeometric number:
//
//	n m / (n + m) d^2 / (p (1 - p)) (n + m - 1) / (n + m)
//
// has the mean 1, with the difference d of their rates and p = t / (n + m), whatever the rate
// is. A rise of the rate must not pass for dependence, or it hides itself. It spoils one pair of
// each length, so the two that differ most are left out, and the mean of the others is divided by
// what it would be for squares of normal variables. (The design effect of drift.Detector has no
// need of this: with more bins and rows, it delays what it learns.)
//
// It takes 0.1 us for a tick of 15 outcomes, and 20 us after each 1,024 outcomes. A copy is
// independent.
//
// [1] Rao, J.; Scott, A. (1981). "The Analysis of Categorical Data From Complex Sample Surveys".
// Journal of the American Statistical Association 76 (374): 221-230.
type effect struct {
	open     block
	wait     [levels]block
	old, new [scales]pairs
	seen     int64
	in, due  int64 // outcomes in this epoch, and until the next estimate
	estimate float64
}

// block is consecutive outcomes.
type block struct{ labels, errors float64 }

// pairs sums up the differences of blocks of one length.
type pairs struct {
	number, sum float64
	top         [trimmed]float64 // the largest ones, in descending order
}

// add adds the next outcomes.
func (e *effect) add(o Outcomes) {
	e.open.labels += float64(o.Labels)
	e.open.errors += float64(o.Errors)
	e.seen += o.Labels
	if e.open.labels >= shortBlock {
		e.pair()
	}
	if e.in += o.Labels; e.in >= epoch {
		e.old, e.new, e.in = e.new, [scales]pairs{}, 0
	}
	if e.due -= o.Labels; e.due <= 0 {
		e.due = min(unsure, max(e.seen/4, 2*shortBlock*fewPairs))
		e.learn()
	}
}

// pair compares the open block with the one before it, then both with the two before them, and
// so on.
func (e *effect) pair() {
	level := 0
	// A large piece is a long block, and leaves no neighbour for waiting shorter ones.
	for rows := e.open.labels; rows >= 2*shortBlock && level < levels-1; rows /= 2 {
		e.wait[level] = block{}
		level++
	}
	for ; level < levels; level++ {
		before := e.wait[level]
		if before.labels == 0 {
			e.wait[level] = e.open
			break
		}
		if level%2 == 0 {
			e.new[level/2].add(before, e.open)
		}
		e.wait[level] = block{}
		e.open.labels += before.labels
		e.open.errors += before.errors
	}
	e.open = block{}
}

func (p *pairs) add(x, y block) {
	n, t := x.labels+y.labels, x.errors+y.errors
	if t == 0 || t == n {
		return
	}
	d := x.errors/x.labels - y.errors/y.labels
	square := x.labels * y.labels * d * d * (n - 1) / (t * (n - t))
	p.number++
	p.sum += square
	p.insert(square)
}

func (p *pairs) insert(square float64) {
	for i, top := range p.top {
		if square > top {
			p.top[i], square = square, top
		}
	}
}

// mean is the mean of both epochs without the largest ones, relative to that of independent
// outcomes. ok is false with too few pairs.
func mean(old, young pairs) (m float64, ok bool) {
	all := pairs{number: old.number + young.number, sum: old.sum + young.sum, top: old.top}
	if all.number < fewPairs {
		return 0, false
	}
	for _, top := range young.top {
		all.insert(top)
	}
	left, normal := all.sum, all.number
	for i, top := range all.top {
		left -= top
		// The expected i-th largest of so many squares of normal variables.
		normal -= squareQuantile((float64(i) + 0.6) / (all.number + 0.2))
	}
	return left / normal, true
}

// squareQuantile returns the value that the square of a normal variable exceeds with that
// probability.
func squareQuantile(probability float64) float64 {
	return 2 * mathext.GammaIncRegCompInv(0.5, probability)
}

// learn takes the largest effect of all lengths, of those that are above 1 by more than two
// standard errors: otherwise noise alone delays every detection by a tenth.
func (e *effect) learn() {
	e.estimate = 1
	shorter := 0.0
	for i := range scales {
		m, ok := mean(e.old[i], e.new[i])
		if !ok {
			continue
		}
		noise := 2 * math.Sqrt(2/(e.old[i].number+e.new[i].number))
		if m > 1+noise {
			e.estimate = max(e.estimate, m)
		}
		// With batches of b rows, blocks of n rows lack b/(2n) of the excess, a third of the
		// increase over the length before. An increase within the noise is none.
		if shorter > 1 && m-shorter > noise*m {
			e.estimate = max(e.estimate, m+(m-shorter)/3)
		}
		shorter = m
	}
}

// known is the estimate, at least 1.
func (e *effect) known() float64 { return max(e.estimate, 1) }

// careful is the estimate with a margin while few outcomes were seen.
func (e *effect) careful() float64 { return e.known() * (1 + unsure/(float64(e.seen)+1)) }
