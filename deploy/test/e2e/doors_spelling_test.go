package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The name of a feature and its categories come through every door in another spelling: the
// name in normal form D with white space around it, the categories padded, and values that are
// missing as each door writes them. All are the same as in the reference.
func TestNamesAndCategoriesAreTheSameAtEveryDoor(t *testing.T) {
	t.Parallel()
	const name, spelled = "gr\u00f6\u00dfe", "gro\u0308\u00dfe"
	dir := t.TempDir()
	plain, padded := each("NY", "CA", "NY", ""), each(" NY ", "CA\u00a0", "NY", " ")
	quotedRow := func(i int) string { return each(`" NY "`, `"CA\u00a0"`, `"NY\t"`, "NaN")(i) }
	csv := func(title string, rows int, row func(int) string) string {
		text := quotedCell(title) + ",y\n"
		for i := range rows {
			text += quotedCell(row(i)) + "," + each("0", "1", "1", "0", "1")(i) + "\n"
		}
		return text
	}
	reference, model := filepath.Join(dir, "reference.json"), filepath.Join(dir, "model.json")
	command(t, 0, "reference", "--csv="+file(t, dir, "plain.csv", csv(name, 2000, plain)), "--ignore=y", "--model.name=m", "--reference.output="+reference)
	other := file(t, dir, "spelled.csv", csv(spelled+" ", 400, padded))
	trained := filepath.Join(dir, "trained.json")
	command(t, 0, "train", "--csv="+other, "--outcome=y", "--model.name=m", "--model.version=1", "--model.output="+model, "--reference.output="+trained)

	logs := map[string]func(t *testing.T, log string){
		"log import of a CSV": func(t *testing.T, log string) {
			command(t, 0, "log", "import", "--predictions.log="+log, "--model.name=m", "--model.version=1", "--ignore=y", other)
		},
		"log import of JSON lines": func(t *testing.T, log string) {
			text := strings.Join(objects(" "+spelled, 400, quotedRow), "\n")
			command(t, 0, "log", "import", "--predictions.log="+log, "--model.name=m", "--model.version=1", "--format=jsonl", file(t, t.TempDir(), "rows.jsonl", text))
		},
		"predict, with the model of the other spelling": func(t *testing.T, log string) {
			p := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, "--model.file="+model)
			body := "[" + strings.ReplaceAll(strings.Join(objects(spelled+" ", 400, quotedRow), ","), ":NaN", ":null") + "]"
			if got := post(t, p.url+"/predict", body); got.code != http.StatusOK {
				t.Errorf("%d %.300s", got.code, got.body)
			}
		},
		"drift_log.py": func(t *testing.T, log string) {
			script := fmt.Sprintf(`import sys; sys.path.insert(0, "../../python"); import drift_log
log = drift_log.Log(sys.argv[1], model="m", version="1")
log.predicted_many([{%q: [" NY ", "CA\u00a0", "NY\t", float("nan")][i %% 4]} for i in range(400)], labels=["1"] * 400)`, spelled)
			if out, err := exec.CommandContext(t.Context(), "python3", "-c", script, log).CombinedOutput(); err != nil { // #nosec G204 -- our own script
				t.Fatalf("%v\n%s", err, out)
			}
		},
	}
	for door, write := range logs {
		for which, path := range map[string]string{"counted": reference, "trained": trained} {
			t.Run(door+", reference "+which, func(t *testing.T) {
				t.Parallel()
				log := filepath.Join(t.TempDir(), "predictions.db")
				command(t, 0, "log", "init", "--predictions.log="+log)
				write(t, log)
				c := kindCase{window: make([]string, 400), page: quiet(name, .25)}
				c.check(t, c.scrape(t, path, log))
			})
		}
	}
	t.Run("replay", func(t *testing.T) {
		t.Parallel()
		metrics := filepath.Join(t.TempDir(), "metrics")
		command(t, 0, "replay", "--csv="+other, "--reference.file="+reference, "--window.predictions=400", "--output.openmetrics="+metrics, quick)
		text, err := os.ReadFile(metrics) // #nosec G304 -- our own file
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, "feature_unseen_ratio{") || strings.HasPrefix(line, "feature_invalid_ratio{") {
				found++
				if fields := strings.Fields(line); !strings.Contains(line, name) || fields[len(fields)-2] != "0" {
					t.Errorf("%s", line)
				}
			}
		}
		if found == 0 {
			t.Error("replay wrote no shares")
		}
	})
}
