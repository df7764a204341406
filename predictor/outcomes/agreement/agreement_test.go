package agreement

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
)

// The first table is the one of Cohen (1960) as it is usually quoted. Two readers of 50 grant
// proposals both said yes 20 times, both said no 15 times, and differed 5 and 10 times: kappa is
// .4.
func TestKappaIsCohens(t *testing.T) {
	t.Parallel()
	table := func(yy, yn, ny, nn int) (all []Said) {
		for i, n := range []int{yy, yn, ny, nn} {
			for range n {
				all = append(all, Said{[]string{"y", "y", "n", "n"}[i], []string{"y", "n", "y", "n"}[i]})
			}
		}
		return all
	}
	for _, test := range []struct {
		name  string
		all   []Said
		kappa float64
		has   bool
	}{
		{"proposals", table(20, 5, 10, 15), .4, true},
		{"always", table(10, 0, 0, 5), 1, true},
		{"by chance", table(25, 25, 25, 25), 0, true},
		{"never", table(0, 5, 5, 0), -1, true},
		{"one word only", table(10, 0, 0, 0), 0, false},
		{"nothing in common", []Said{{"y", ""}, {"", "n"}}, 0, false},
	} {
		p := Compare(test.all, 0, 1)
		if p.HasKappa != test.has || math.Abs(p.Kappa-test.kappa) > 1e-12 {
			t.Errorf("%s: %+v, want %v", test.name, p, test.kappa)
		}
	}
}

// made returns what simulated sources say. They make random, independent errors and leave out
// some things.
func made(n int, accuracy []float64, spoken float64, seed uint64) (all []Said) {
	random := rand.New(rand.NewPCG(seed, 1))
	for range n {
		truth := "0"
		if random.Float64() < .3 {
			truth = "1"
		}
		said := make(Said, len(accuracy))
		for s, a := range accuracy {
			if random.Float64() >= spoken {
				continue
			}
			said[s] = truth
			if random.Float64() >= a {
				said[s] = string('0' + '1' - truth[0])
			}
		}
		all = append(all, said)
	}
	return all
}

func TestAccuracyIsFoundFromOverlapsAlone(t *testing.T) {
	t.Parallel()
	accuracy := []float64{.95, .9, .8, .7}
	e, ok := DawidSkene(made(20_000, accuracy, .7, 1))
	if !ok || !e.Converged || math.Abs(e.Share[1]-.3) > .02 {
		t.Fatalf("%+v, %v", e, ok)
	}
	for s, want := range accuracy {
		if math.Abs(e.Accuracy[s]-want) > .015 {
			t.Errorf("source %d: %.3f, want %.3f", s, e.Accuracy[s], want)
		}
	}
}

func TestNothingIsClaimedWithoutThreeSources(t *testing.T) {
	t.Parallel()
	for name, all := range map[string][]Said{
		"nothing": nil, "two sources": {{"1", "1"}, {"0", "1"}}, "one outcome": {{"1", "1", "1"}}, "never three": {{"1", "1", ""}, {"", "0", "1"}},
	} {
		if e, ok := DawidSkene(all); ok {
			t.Errorf("%s: %+v", name, e)
		}
	}
	e, ok := DawidSkene([]Said{{"1", "1", "1", ""}, {"0", "0", "1", ""}})
	if !ok || !math.IsNaN(e.Accuracy[3]) {
		t.Errorf("a source that says nothing: %+v, %v", e, ok)
	}
}

// independent is the same method with matrices of numpy. It has the same starting point and the
// same pseudo count.
const independent = `
import json, sys
import numpy as np
said = json.load(sys.stdin)
outcomes = sorted({o for row in said for o in row if o})
n, s, k = len(said), len(said[0]), len(outcomes)
X = np.zeros((n, s, k))
for i, row in enumerate(said):
    for j, o in enumerate(row):
        if o: X[i, j, outcomes.index(o)] = 1
X = X[X.sum(axis=(1, 2)) > 0]
T = X.sum(axis=1); T /= T.sum(axis=1, keepdims=True)
def m():
    p = T.mean(axis=0)
    E = np.einsum('ik,ijl->jkl', T, X) + 0.01
    return p, E / E.sum(axis=2, keepdims=True)
for _ in range(500):
    p, E = m()
    L = np.log(p) + np.einsum('ijl,jkl->ik', X, np.log(E))
    L = np.exp(L - L.max(axis=1, keepdims=True)); L /= L.sum(axis=1, keepdims=True)
    change = np.abs(L - T).max(); T = L
    if change < 1e-9: break
p, E = m()
print(json.dumps({'share': p.tolist(), 'accuracy': (np.einsum('k,jkk->j', p, E)).tolist()}))
`

func TestNumpyFindsTheSame(t *testing.T) {
	t.Parallel()
	if err := exec.CommandContext(t.Context(), "python3", "-c", "import numpy").Run(); err != nil {
		t.Skip("python3 has no numpy")
	}
	all := made(400, []float64{.9, .8, .7, .6}, .6, 2)
	for i := range all[:50] {
		all[i][i%4] = "2" // a third outcome
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), "python3", "-c", independent)
	c.Stdin = strings.NewReader(string(text))
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want struct{ Share, Accuracy []float64 }
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	got, ok := DawidSkene(all)
	if !ok || len(got.Accuracy) != 4 || len(got.Share) != 3 {
		t.Fatalf("%+v, %v", got, ok)
	}
	for i := range want.Share {
		if math.Abs(got.Share[i]-want.Share[i]) > 1e-7 {
			t.Errorf("share %d: %v, want %v", i, got.Share[i], want.Share[i])
		}
	}
	for i := range want.Accuracy {
		if math.Abs(got.Accuracy[i]-want.Accuracy[i]) > 1e-7 {
			t.Errorf("accuracy %d: %v, want %v", i, got.Accuracy[i], want.Accuracy[i])
		}
	}
}
