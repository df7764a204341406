package e2e_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// TestOneBadCellDoesNotSpoilAModel: a column of numbers with one text stays numeric, and
// the model that is trained on it follows its values.
func TestOneBadCellDoesNotSpoilAModel(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "N/A", "n/a;", "unknown"} {
		t.Run(fmt.Sprintf("%q", bad), func(t *testing.T) {
			t.Parallel()
			values, _ := drawn(1, 3000, 0, 10)
			chances, _ := drawn(2, 3000, 0, 1)
			csv := "x,y\n" + repeated(3000, func(i int) string {
				x := fmt.Sprint(values[i])
				if i == 77 {
					x = bad
				}
				// The log odds of the outcome are x - 5.
				return fmt.Sprintf("%s,%s\n", x, pick(chances[i] < 1/(1+math.Exp(5-values[i])), "1", "0"))
			})
			dir := t.TempDir()
			model, reference := filepath.Join(dir, "model.json"), filepath.Join(dir, "reference.json")
			said := command(t, 0, "train", "--csv="+file(t, dir, "rows.csv", csv), "--outcome=y", "--model.name=m", "--model.output="+model, "--reference.output="+reference)
			invalid := bad == "n/a;" || bad == "unknown"
			if invalid != strings.Contains(said, `column "x": 1 of 3000 rows are no numbers and count as invalid`) {
				t.Errorf("train says %s", said)
			}
			predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--model.file="+model, "--predictions.log="+filepath.Join(dir, "predictions.db"))
			for _, x := range []float64{1, 3, 5, 7, 9} {
				got := post(t, predictor.url+"/predict", fmt.Sprintf(`{"x":%v}`, x))
				var answer struct {
					Probability *float64 `json:"probability"`
				}
				if err := json.Unmarshal([]byte(got.body), &answer); err != nil || got.code != http.StatusOK || answer.Probability == nil {
					t.Fatalf("x %v: %d %s (%v)", x, got.code, got.body, err)
				}
				if want := 1 / (1 + math.Exp(5-x)); math.Abs(*answer.Probability-want) > .05 {
					t.Errorf("x %v: probability %v, want about %v", x, *answer.Probability, want)
				}
			}
		})
	}
}

// TestAColumnWithoutAValueIsTrainedOn: it says so, and the model works as without it.
func TestAColumnWithoutAValueIsTrainedOn(t *testing.T) {
	t.Parallel()
	for _, empty := range []string{"", " ", "NA", `""`} {
		t.Run(fmt.Sprintf("%q", empty), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			csv := "x,e,y\n" + repeated(400, func(i int) string {
				return fmt.Sprintf("%d,%s,%s\n", i%20, empty, pick(i*7%20 > 9 != (i%20 > 9), "1", "0"))
			})
			model, reference := filepath.Join(dir, "model.json"), filepath.Join(dir, "reference.json")
			args := []string{"train", "--csv=" + file(t, dir, "rows.csv", csv), "--outcome=y", "--model.name=m", "--model.output=" + model, "--reference.output=" + reference}
			if empty == "NA" {
				args = append(args, "--missing=NA")
			}
			if said := command(t, 0, args...); !strings.Contains(said, `column "e": no row has a value; it is kept as always missing`) {
				t.Errorf("train says %s", said)
			}
			predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--model.file="+model, "--predictions.log="+filepath.Join(dir, "predictions.db"))
			for _, e := range []string{"null", `""`, `"new"`} {
				if got := post(t, predictor.url+"/predict", `{"x":3,"e":`+e+`}`); got.code != http.StatusOK {
					t.Errorf("e %s: %d %s", e, got.code, got.body)
				}
			}
			command(t, 0, "exporter", "--config.check", "--reference.file="+reference)
		})
	}
}
