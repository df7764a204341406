package drift

import (
	"math"
	"testing"
)

// detectorQuestion and detectorAnswer are what testdata/detector.py reads and
// writes.
type (
	detectorQuestion struct {
		Tails   []tailQuestion
		Streams []streamQuestion
	}
	tailQuestion struct {
		X       float64
		Freedom int
		Moments
	}
	streamQuestion struct {
		Reference     []int64
		Radius, Limit float64
		Ticks         [][][]int64 // by tick and piece
	}
	detectorAnswer struct {
		ChiSquared, PearsonIII []float64
		LogEvidence            [][]float64
	}
)

func (q detectorQuestion) answer(t *testing.T) detectorAnswer {
	t.Helper()
	var a detectorAnswer
	ask(t, "detector.py", q, &a)
	return a
}

// relative reports whether a is b up to a relative difference; below 1e-300 both
// count as 0.
func relative(a, b, tolerance float64) bool {
	return math.Abs(a-b) <= tolerance*math.Abs(b)+1e-300
}

func TestTailsAgreeWithSciPyDownTo1e300(t *testing.T) {
	t.Parallel()
	var q detectorQuestion
	for _, freedom := range []int{1, 2, 3, 9, 19, 60, 201} {
		for _, sds := range []float64{-1, 0, 1, 3, 6, 10, 20, 60, 200} {
			mean := float64(freedom)
			x := mean + sds*math.Sqrt(2*mean)
			for _, skewness := range []float64{0.01, 0.2, math.Sqrt(8 / mean), 1, 3} {
				m := Moments{mean * 1.03, 2.1 * mean, skewness}
				q.Tails = append(q.Tails, tailQuestion{max(x, 0.01), freedom, m})
			}
		}
	}
	a := q.answer(t)
	for i, tail := range q.Tails {
		if got, want := chiSquaredTail(tail.X, tail.Freedom), a.ChiSquared[i]; !relative(got, want, 1e-9) {
			t.Errorf("chi-squared tail at %v with %d degrees = %v, want %v", tail.X, tail.Freedom, got, want)
		}
		if got, want := tail.Tail(tail.X), a.PearsonIII[i]; !relative(got, want, 1e-9) {
			t.Errorf("Pearson III tail at %v of %+v = %v, want %v", tail.X, tail.Moments, got, want)
		}
	}
}

func TestLogEvidenceAgreesWithBracketedProjections(t *testing.T) {
	t.Parallel()
	var q detectorQuestion
	for i, radius := range []float64{0, 0.002, 0.02, 0.1} {
		reference := [][]int64{{600, 300, 100, 0}, sampleOf(equalShares(10), 5000, 3)}[i%2]
		s := streamQuestion{Reference: reference, Radius: radius, Limit: 20}
		random := newRandom(uint64(i))
		drifted := make([]int64, len(reference))
		for b := range drifted {
			drifted[b] = int64(b+1) * int64(b+1)
		}
		for tick := range 120 {
			weights := drifted // then gone again
			if tick < 40 || tick >= 80 {
				weights = sampleOf(equalShares(len(reference)), 1000, 9)
				for b, r := range reference {
					weights[b] += 50 * r
				}
			}
			var pieces [][]int64
			for _, rows := range [][]int64{{15}, {1}, {300}, {1000, 1000, 17}}[tick%4] {
				piece := make([]int64, len(reference))
				newMultinomial(weights, rows).draw(random, piece)
				pieces = append(pieces, piece)
			}
			s.Ticks = append(s.Ticks, pieces)
		}
		q.Streams = append(q.Streams, s)
	}
	a := q.answer(t)
	for i, s := range q.Streams {
		d := NewDetector(s.Reference, usual)
		b, e := newBall(d.ball.center, s.Radius), newEvidence(len(s.Reference))
		moved := false
		for tick, pieces := range s.Ticks {
			e.begin()
			for _, piece := range pieces {
				e.bet(b, piece, s.Limit, effects{1, 1, 1})
			}
			if got, want := e.log(), a.LogEvidence[i][tick]; math.Abs(got-want) > 1e-9*(1+math.Abs(want)) {
				t.Fatalf("radius %v, tick %d: log M = %v, want %v", s.Radius, tick, got, want)
			}
			moved = moved || e.log() > 10
		}
		if !moved {
			t.Errorf("radius %v: the stream brings no evidence to compare", s.Radius)
		}
	}
}
