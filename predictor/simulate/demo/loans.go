package demo

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"

	"github.com/drift-exporter/drift_exporter/predictor/rows"
)

// law says on what it depends whether loans are repaid, and what incomes are like.
type law struct {
	file    string // of its loans
	by      string // income, debt or nothing
	incomes float64
}

var (
	quietLaw   = law{"loans.csv", "income", 60}
	driftedLaw = law{"loans-drifted.csv", "income", 80}
	changedLaw = law{"loans-changed.csv", "debt", 80}
	chanceLaw  = law{"loans-chance.csv", "nothing", 80}
)

// loanRate is how many loans there are a second.
const loanRate = "200"

// loansOfALaw are enough for some minutes.
const loansOfALaw = 60_000

// write writes n loans with their outcomes.
func (l law) write(dir, file string, n int, seed uint64) error {
	random := rand.New(rand.NewPCG(seed, seed)) // #nosec G404 -- made up
	return rows.WriteFile(filepath.Join(dir, file), func(w io.Writer) error {
		out := bufio.NewWriter(w)
		fmt.Fprintln(out, "income,debt,term,repaid")
		for range n {
			income, debt := l.incomes+15*random.NormFloat64(), max(.01, .4+.15*random.NormFloat64())
			reason := map[string]float64{"income": (income - 60) / 10, "debt": (.4 - debt) * 12}[l.by]
			repaid := 0
			if reason+.5*random.NormFloat64() > 0 {
				repaid = 1
			}
			fmt.Fprintf(out, "%.2f,%.3f,%d,%d\n", income, debt, 15*(1+random.IntN(2)), repaid)
		}
		return out.Flush()
	})
}
