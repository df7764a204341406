package drift

import (
	"math"
	"slices"
	"testing"
)

func TestProjectionMatchesTheVectors(t *testing.T) {
	t.Parallel()
	vectors := readGVectors(t).Extras.Projections
	if len(vectors) != 3 {
		t.Fatalf("%d vectors", len(vectors))
	}
	for _, v := range vectors {
		b := newBall(v.P, v.Radius)
		if got := b.distance(v.Q); !near(got, v.Distance, 1e-9) {
			t.Errorf("distance = %v, want %v", got, v.Distance)
		}
		w := b.project(v.Q, v.Distance)
		if !near(w, v.W, 1e-9) {
			t.Errorf("w = %v, want %v", w, v.W)
		}
		for k, r := range mixture(v.Q, v.P, w) {
			if !near(r, v.R[k], 1e-9) {
				t.Errorf("r[%d] = %v, want %v", k, r, v.R[k])
			}
		}
		if got := logOdds(b, v.Q, w, v.Counts); !near(got, v.LogOdds, 1e-9) {
			t.Errorf("log e = %v, want %v", got, v.LogOdds)
		}
	}
}

func mixture(q, p []float64, w float64) []float64 {
	r := slices.Clone(q)
	for k := range r {
		r[k] += w * (p[k] - q[k])
	}
	return r
}

func TestProjectionOfTheEdges(t *testing.T) {
	t.Parallel()
	p, q := []float64{.6, .3, .1}, []float64{.2, .4, .4}
	if w := newBall(p, 0).project(q, newBall(p, 0).distance(q)); w != 1 {
		t.Errorf("the projection on a single point has w = %v", w)
	}
	if w := newBall(p, 1).project(q, newBall(p, 1).distance(q)); w != 0 {
		t.Errorf("the projection of a point inside has w = %v", w)
	}
	// A bin that is empty now: Newton's method starts on a cliff. 1/2500 of its
	// share is what the longest memory leaves it.
	b := newBall(p, 0.02)
	for share, most := range map[float64]float64{.6 / 2500: 0.02 + 1e-9, 1e-12: 0.2} {
		q := []float64{share, .5 - share, .5}
		w := b.project(q, b.distance(q))
		if d := b.distance(mixture(q, p, w)); d < 0.02-1e-15 || d > most {
			t.Errorf("share %v: the projection is %v from the centre", share, d)
		}
	}
}

// random distribution on the boundary of a ball: the point of a curve from its
// centre to a random corner, straight or geometric, where the distance is radius.
func (b *ball) randomBoundary(r *random, q []float64) {
	corner := make([]float64, len(q))
	for k := range corner {
		corner[k] = math.Pow(r.unit(), 4) + 1e-9
	}
	geometric := r.unit() < 0.5
	at := func(x float64) {
		sum := 0.0
		for k, p := range b.center {
			if geometric {
				q[k] = math.Pow(p, 1-x) * math.Pow(corner[k], x)
			} else {
				q[k] = (1-x)*p + x*corner[k]
			}
			sum += q[k]
		}
		for k := range q {
			q[k] /= sum
		}
	}
	lo, hi := 0.0, 1.0
	for range 60 {
		if at((lo + hi) / 2); b.distance(q) > b.radius {
			hi = (lo + hi) / 2
		} else {
			lo = (lo + hi) / 2
		}
	}
	at(lo)
}

// What one row is worth must not exceed 1 on average, whichever distribution of
// the ball it came from. The mean is linear in Q, so the boundary is enough.
func TestOddsAreFairAgainstTheWholeBall(t *testing.T) {
	t.Parallel()
	random := newRandom(4)
	worst, broken := 0.0, 0
	for range 120 {
		bins := 2 + int(random.bits64()%11)
		b := newBall(make([]float64, bins), []float64{.001, .02, .1}[random.bits64()%3])
		q, sumP, sumQ := make([]float64, bins), 0.0, 0.0
		for k := range q {
			b.center[k], q[k] = random.unit()+.01, math.Pow(random.unit(), 3)+1e-4
			sumP += b.center[k]
			sumQ += q[k]
		}
		for k := range q {
			b.center[k] /= sumP
			q[k] /= sumQ
		}
		b = newBall(b.center, b.radius)
		distance := b.distance(q)
		if distance <= b.radius {
			continue
		}
		w := b.project(q, distance)
		mean := func(member []float64, w float64) float64 {
			sum := 0.0
			for k, r := range mixture(q, b.center, w) {
				sum += member[k] * q[k] / r
			}
			return sum
		}
		member := make([]float64, bins)
		for range 60 {
			b.randomBoundary(random, member)
			worst = max(worst, mean(member, w))
			if early := mean(member, w*random.unit()); early > 1+1e-9 {
				t.Fatalf("w stopped short is worth %v", early)
			}
		}
		projection := mixture(q, b.center, w)
		worst = max(worst, mean(projection, w))
		if mean(projection, w+(1-w)/100) > 1+1e-6 {
			broken++
		}
	}
	if worst > 1+1e-9 || worst < 1-1e-9 {
		t.Errorf("a row is worth up to %.15f", worst)
	}
	if broken < 100 {
		t.Errorf("a w too large was noticed only %d times", broken)
	}
}

// TestWhatABallHoldsIsInside compares the quick bound with the distance, for distributions at all
// distances from the centre.
func TestWhatABallHoldsIsInside(t *testing.T) {
	t.Parallel()
	r := newRandom(3)
	held := 0
	for range 20_000 {
		k := 2 + int(r.bits64()%30)
		p, q := make([]float64, k), make([]float64, k)
		sums := [2]float64{}
		near := math.Exp(-8 * r.unit())
		for i := range p {
			p[i] = .001 + r.unit()
			q[i] = p[i] * (1 + near*(r.unit()-.5))
			sums[0], sums[1] = sums[0]+p[i], sums[1]+q[i]
		}
		for i := range p {
			p[i], q[i] = p[i]/sums[0], q[i]/sums[1]
		}
		b := newBall(p, .02*r.unit())
		if b.holds(q) {
			held++
			if d := b.distance(q); d > b.radius {
				t.Fatalf("%v of radius %v is said to hold %v, at a distance of %v", p, b.radius, q, d)
			}
		}
	}
	if held < 2000 || held > 18_000 {
		t.Errorf("%d of 20,000 are held: the test shows nothing", held)
	}
	if newBall([]float64{.5, .5}, 0).holds([]float64{.5, .5}) {
		t.Error("a ball of radius 0 holds its centre by the bound, which has no margin there")
	}
}
