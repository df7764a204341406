package simulate

import (
	"math"
	"math/rand/v2"
)

// Loan is one application to refinance a mortgage.
type Loan struct {
	Values  [12]float64 // in the order of Features
	Outcome int         // 1: approved, 0: refused
}

// Generator draws loans. It never ends, is not safe for concurrent use, and
// gives the same loans for the same seed on every run.
//
// The population is made up, but its features depend on each other as in real loans. z_1, z_2 ...
// are independent standard normals, which are redrawn beyond 3. S(a, b; low, high) is
// Kumaraswamy's distribution [1], stretched over [low, high]:
//
//	credit_score          S(2.6, 2; 520, 850) of the applicant's standing z_1
//	income                lognormal, median 92,000, log sd 0.45, correlation .3 with standing
//	price paid            358,800 (income/92,000)^0.8, log sd 0.28
//	home_value            price grown by 3.5 % a year of loan_age, log sd 0.06
//	loan_term             15 (20 %), 20 (15 %), 30 (65 %)
//	loan_age              6 to 120, exponential of mean 42 above 6
//	loan_amount           share of the price, S(3, 1.5; .55, .97), correlation -.25 with standing;
//	                      both shrunk where the payment would pass 40 % of income
//	interest_rate         4.0 + 0.011 loan_age - 0.25 standing, 0.5 less for 15 and 0.25 less for
//	                      20 years, sd 0.30
//	current_rate          3.75 - 0.22 standing, the same for the term, sd 0.20
//	rate_spread           interest_rate - current_rate
//	loan_balance          annuity of loan_amount, interest_rate, loan_term after loan_age months
//	loan_to_value_ratio   loan_balance / home_value
//	debt_to_income_ratio  payment over income, plus other debt S(1.5, 3; .04, .26),
//	                      correlation -.2 with standing
//
// Values are rounded as in Features. Derived values are computed from rounded values, as in an
// applicant's file. The outcome is drawn with the probability that approval returns.
//
// One loan takes about 1.3 us.
//
// [1] Kumaraswamy, P. (1980). "A generalized probability density function for
// double-bounded random processes". Journal of Hydrology 46 (1-2): 79-88.
type Generator struct{ random *rand.Rand }

// New returns a generator of the stream of loans that belongs to seed.
func New(seed uint64) *Generator {
	return &Generator{rand.New(rand.NewPCG(seed, 0x6c6f616e73))} // #nosec G404 -- repeatable draws, no secret
}

// Next draws a loan.
func (g *Generator) Next() Loan {
	standing := g.normal()
	credit := math.Round(stretched(standing, 2.6, 2, 520, 850))
	income := toStep(92000*math.Exp(0.45*(0.3*standing+math.Sqrt(1-0.3*0.3)*g.normal())), 100)
	term, discount := 30.0, 0.0
	switch u := g.random.Float64(); {
	case u < 0.20:
		term, discount = 15, 0.50
	case u < 0.35:
		term, discount = 20, 0.25
	}
	age := g.age()

	interest := toStep(4.0+0.011*age-0.25*standing-discount+0.30*g.normal(), 0.001)
	current := toStep(3.75-0.22*standing-discount+0.20*g.normal(), 0.001)
	spread := toStep(interest-current, 0.001)

	price := 358800 * math.Pow(income/92000, 0.8) * math.Exp(0.28*g.normal())
	share := stretched(-0.25*standing+math.Sqrt(1-0.25*0.25)*g.normal(), 3, 1.5, 0.55, 0.97)
	afforded := min(1, 0.40*income/12/payment(price*share, interest, term))
	amount := toStep(price*share*afforded, 100)
	home := toStep(price*afforded*math.Exp(0.035*age/12+0.06*g.normal()), 100)
	balance := toStep(owed(amount, interest, term, age), 100)

	otherDebt := stretched(-0.2*standing+math.Sqrt(1-0.2*0.2)*g.normal(), 1.5, 3, 0.04, 0.26)
	loan := Loan{Values: [12]float64{
		interest, amount, balance, toStep(balance/home, 0.001), credit,
		toStep(payment(amount, interest, term)/(income/12)+otherDebt, 0.001),
		income, term, age, home, current, spread,
	}}
	if g.random.Float64() < g.approval(&loan.Values) {
		loan.Outcome = 1
	}
	return loan
}

// approval returns the probability that the refinancing is approved. It is logistic in the saving
// (the spread, with more weight for a large balance), the score, and the two debt ratios. It is
// lower if a low score meets a high loan to value. A normal part of sd 0.5 is explained by no
// feature. A logistic regression without interactions reaches an AUC of about .80. About 60 % are
// approved.
func (g *Generator) approval(v *[12]float64) float64 {
	saving := (v[11] - 0.7) / 0.5
	score := (v[4] - 720) / 65
	loanToValue := (v[3] - 0.70) / 0.13
	debt := (v[5] - 0.35) / 0.09
	logOdds := 0.65 + 0.75*saving + 0.80*score - 0.40*loanToValue - 0.50*debt +
		0.25*saving*math.Log(v[2]/250000) -
		0.35*math.Max(0, -score)*math.Max(0, loanToValue) +
		0.5*g.normal()
	return 1 / (1 + math.Exp(-logOdds))
}

// normal returns a standard normal number between -3 and 3.
func (g *Generator) normal() float64 {
	for {
		if z := g.random.NormFloat64(); math.Abs(z) <= 3 {
			return z
		}
	}
}

// age returns a whole number of months, from 6 to 120.
func (g *Generator) age() float64 {
	const mean, most = 42, 120 - 6 + 1
	return 6 + math.Floor(-mean*math.Log(1-g.random.Float64()*(1-math.Exp(-most/float64(mean)))))
}

// stretched maps a standard normal to Kumaraswamy's distribution on [low, high],
// keeping its rank.
func stretched(z, a, b, low, high float64) float64 {
	tail := math.Erfc(z/math.Sqrt2) / 2 // 1 - Phi(z)
	return low + (high-low)*math.Pow(1-math.Pow(tail, 1/b), 1/a)
}

// payment returns the monthly payment of an annuity. interest is in percent a year, term in
// years.
func payment(amount, interest, term float64) float64 {
	r := interest / 1200
	return amount * r / (1 - math.Pow(1+r, -12*term))
}

// owed returns the remaining debt of an annuity after some months.
func owed(amount, interest, term, months float64) float64 {
	r := interest / 1200
	all := math.Pow(1+r, 12*term)
	return amount * (all - math.Pow(1+r, months)) / (all - 1)
}

// toStep rounds to a multiple of step. The result is exactly the number that parsing the decimal
// gives.
func toStep(x, step float64) float64 {
	if step < 1 {
		return math.Round(x/step) / math.Round(1/step)
	}
	return math.Round(x/step) * step
}
