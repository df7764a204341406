package drift

import (
	"math"
	"os"
	"strconv"
	"testing"
)

// zipfClasses are the shares of classes of which the k-th is as frequent as 1/k.
func zipfClasses(classes int) []float64 {
	shares, sum := make([]float64, classes), 0.
	for k := range shares {
		shares[k] = 1 / float64(k+1)
		sum += shares[k]
	}
	for k := range shares {
		shares[k] /= sum
	}
	return shares
}

// answersOfTypes are the shares of what models of each type answer: predicted classes, and
// predicted values in quantile bins.
var answersOfTypes = map[string][]float64{
	"three classes":                {.6, .3, .1},
	"twenty classes":               equalShares(20),
	"a hundred classes, one rules": zipfClasses(100),
	"predicted values":             equalShares(10),
}

// TestAnswersOfEveryTypeKeepThePromise: without drift, no alarm on references of the size that
// holding out 30 % of 10,000 rows leaves. A tenth of a month of each; DRIFT_TEST_MONTHS=10, as in make
// calibrate, is the long form.
func TestAnswersOfEveryTypeKeepThePromise(t *testing.T) {
	t.Parallel()
	months := .1
	if text := os.Getenv("DRIFT_TEST_MONTHS"); text != "" {
		var err error
		if months, err = strconv.ParseFloat(text, 64); err != nil {
			t.Fatal(err)
		}
	}
	for name, shares := range answersOfTypes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alarms, on := 0, false
			for month := range int(math.Ceil(months)) {
				s := newStream(sampleOf(shares, 3000, uint64(month)+100), 67, usual, uint64(month)+7)
				rows := rowsOf(shares)
				for range int(min(1, months) * 172_800) {
					s.tick(t, rows)
					if now := s.detector.Detected(); now && !on {
						alarms++
						on = now
					} else {
						on = now
					}
				}
			}
			t.Logf("%d alarms in %v months", alarms, months)
			// The bound is one in a month over all 13 distributions.
			if float64(alarms) > math.Ceil(months/13)+2*math.Sqrt(months/13) || alarms > 0 && months < 1 {
				t.Errorf("%d alarms in %v months", alarms, months)
			}
		})
	}
}

// TestDriftOfAnswersOfEveryTypeIsFound: a fifth of the answers moves to the last class or bin. With
// a hundred classes and only 3,000 rows of the reference, the tolerance is .08 instead of .02 nats,
// and it takes ten times as long.
func TestDriftOfAnswersOfEveryTypeIsFound(t *testing.T) {
	t.Parallel()
	for name, shares := range answersOfTypes {
		s := newStream(sampleOf(shares, 3000, 1), 67, usual, 2)
		for range 500 {
			s.tick(t, rowsOf(shares))
		}
		moved := make([]float64, len(shares))
		for b, p := range shares {
			moved[b] = .8 * p
		}
		moved[len(moved)-1] += .2
		found := -1
		for tick := range 1000 {
			if s.tick(t, rowsOf(moved)); s.detector.Detected() {
				found = tick
				break
			}
		}
		if found < 0 {
			t.Errorf("%s: not found within 1000 ticks", name)
		}
		t.Logf("%s: found after %d ticks", name, found)
	}
}
