package risk

import "math"

// Mean encloses the mean of values between 0 and 1 that come one by one: a confidence sequence
// by the predictable plug-in empirical Bernstein method [1]. It contains the average
// conditional mean at all times together with a probability of 1 - alpha, if this mean is the
// same for all values. Use NewMean, the zero value is not usable.
//
// [1] Waudby-Smith, I.; Ramdas, A. (2024). "Estimating Means of Bounded Random Variables by
// Betting". Journal of the Royal Statistical Society B 86 (1): 1-27, theorem 2.
type Mean struct {
	alpha          float64
	n, sum, square float64 // square is the sum of (x - mean up to x)^2
	weights        float64 // sum of l
	weighted       float64 // sum of l x
	penalty        float64 // sum of v psi(l)
	lower, upper   float64
}

// NewMean returns the sequence before the first value.
func NewMean(alpha float64) *Mean { return &Mean{alpha: alpha, upper: 1} }

// Add adds a value between 0 and 1.
func (m *Mean) Add(x float64) {
	t := m.n + 1
	variance := (0.25 + m.square) / t
	past := (0.5 + m.sum) / t
	l := min(math.Sqrt(2*math.Log(2/m.alpha)/(variance*t*math.Log(1+t))), 0.5)
	m.weights += l
	m.weighted += l * x
	m.penalty += 4 * (x - past) * (x - past) * (-math.Log1p(-l) - l) / 4
	m.n, m.sum = t, m.sum+x
	now := (0.5 + m.sum) / (t + 1)
	m.square += (x - now) * (x - now)
	band := (math.Log(2/m.alpha) + m.penalty) / m.weights
	m.lower = max(m.lower, m.weighted/m.weights-band)
	m.upper = min(m.upper, m.weighted/m.weights+band)
}

// Interval returns the intersection of the intervals so far.
func (m *Mean) Interval() (lower, upper float64) { return m.lower, m.upper }

// Difference encloses the mean of differences between -1 and 1, as Mean does. Use
// NewDifference, the zero value is not usable.
type Difference struct {
	mean *Mean
	sum  float64
}

// NewDifference returns the sequence before the first difference.
func NewDifference(alpha float64) *Difference { return &Difference{mean: NewMean(alpha)} }

// Add adds a difference between -1 and 1.
func (d *Difference) Add(x float64) {
	d.sum += x
	d.mean.Add((x + 1) / 2)
}

// Interval returns the mean so far and its confidence sequence. ok is false before the first
// difference.
func (d *Difference) Interval() (mean, lower, upper float64, ok bool) {
	lower, upper = d.mean.Interval()
	return d.sum / d.mean.n, 2*lower - 1, 2*upper - 1, d.mean.n > 0
}
