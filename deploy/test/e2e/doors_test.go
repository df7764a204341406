package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// ownerModel is a model of a number, a category and a boolean, whose classes have
// names.
const ownerModel = `{"schema": 2, "name": "owners", "version": "1", "negative": "no", "positive": "yes", "threshold": 0.5, "intercept": 0, "features": [
	{"name": "income", "type": "numeric", "mean": 50, "sd": 10, "coefficient": 1},
	{"name": "merchant", "type": "categorical", "categories": [{"value": "12345678901234567890", "coefficient": 2}, {"value": "30", "coefficient": -2}]},
	{"name": "owner", "type": "boolean", "categories": [{"value": "false", "coefficient": -1}, {"value": "true", "coefficient": 1}]}]}`

// startPredictor starts a predictor of the embedded model, or of the one in the
// text, on that log.
func startPredictor(t *testing.T, log, model string) *process {
	t.Helper()
	args := []string{"predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log=" + log}
	if model != "" {
		path := filepath.Join(t.TempDir(), "model.json")
		if err := os.WriteFile(path, []byte(model), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--model.file="+path)
	}
	return start(t, args...)
}

// An outcome is the class that it means, in any spelling; what is recorded is the
// class, so that the exporter counts one outcome and not four.
func TestOutcomesAtTheDoor(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "predictions.db")
	predictor := startPredictor(t, log, ownerModel)
	outcomes := []struct{ sent, recorded string }{
		{`1`, "1"}, {`1.0`, "1"}, {`1e0`, "1"}, {`"1"`, "1"}, {`"1.0"`, "1"}, {`true`, "1"}, {`"True"`, "1"}, {`" true "`, "1"}, {`"yes"`, "1"}, {`" yes"`, "1"},
		{`0`, "0"}, {`-0.0`, "0"}, {`false`, "0"}, {`"FALSE"`, "0"}, {`"no"`, "0"}, {`"0e5"`, "0"},
		{`2`, ""}, {`-1`, ""}, {`0.5`, ""}, {`"maybe"`, ""}, {`"Yes"`, ""}, {`""`, ""}, {`null`, ""}, {`[1]`, ""}, {`{}`, ""}, {`1.00000000000000000001`, ""},
	}
	rows := strings.TrimSuffix(strings.Repeat(`{"income":60,"merchant":null,"owner":1},`, len(outcomes)), ",")
	if got := post(t, predictor.url+"/predict", "["+rows+"]"); got.code != http.StatusOK || strings.Count(got.body, `"prediction":1`) != len(outcomes) {
		t.Fatalf("%d %s", got.code, got.body)
	}
	accepted, batch := 0, []string{}
	for i, o := range outcomes {
		body := fmt.Sprintf(`{"prediction_id":%d,"actual_outcome":%s}`, i, o.sent)
		got := post(t, predictor.url+"/feedback", body)
		if o.recorded == "" {
			if got.code != http.StatusBadRequest || !strings.Contains(got.body, `send 0 (\"no\") or 1 (\"yes\")`) {
				t.Errorf("outcome %s: %d %s, want a refusal that lists the classes", o.sent, got.code, got.body)
			}
			continue
		}
		accepted++
		batch = append(batch, body)
		if want := fmt.Sprintf(`{"prediction_id":%d,"actual_outcome":%s,"correct":%t}`+"\n", i, o.recorded, o.recorded == "1"); got.code != http.StatusOK || got.body != want {
			t.Errorf("outcome %s: %d %s, want %s", o.sent, got.code, got.body, want)
		}
	}
	db := database(t, log, "ro")
	if n := number(t, db, "SELECT count(*) FROM feedback WHERE outcome IN ('0', '1')"); n != int64(accepted) {
		t.Errorf("%d outcomes of class 0 or 1 in the log, want %d", n, accepted)
	}
	// All of them again, in one request: nothing new. With one that is none: all refused.
	if got := post(t, predictor.url+"/feedback", "["+strings.Join(batch, ",")+"]"); got.code != http.StatusOK || strings.Count(got.body, `"correct":`) != accepted {
		t.Errorf("an array: %d %s", got.code, got.body)
	}
	if got := post(t, predictor.url+"/feedback", `[{"prediction_id":20,"actual_outcome":1},{"prediction_id":21,"actual_outcome":3}]`); got.code != http.StatusBadRequest || !strings.Contains(got.body, `"index":1`) {
		t.Errorf("an array with a bad record: %d %s", got.code, got.body)
	}
	if got := post(t, predictor.url+"/feedback", `[{"prediction_id":20,"actual_outcome":1},{"prediction_id":99,"actual_outcome":1}]`); got.code != http.StatusNotFound || !strings.Contains(got.body, `"index":1`) {
		t.Errorf("an array with an unknown prediction: %d %s", got.code, got.body)
	}
	if n := number(t, db, "SELECT count(*) FROM feedback"); n != int64(accepted) {
		t.Errorf("%d outcomes in the log, want %d", n, accepted)
	}
}

// What is logged is one spelling of each value, and the model is asked about it.
func TestCategoriesAndBooleansAtTheDoor(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "predictions.db")
	predictor := startPredictor(t, log, ownerModel)
	db := database(t, log, "ro")
	for i, test := range []struct{ sent, logged, probability string }{
		{`{"income":50,"merchant":"x","owner":true}`, `{"income":50,"merchant":"x","owner":true}`, "0.7310585786300049"},
		{`{"income":5e1,"merchant":"x","owner":"True"}`, `{"income":50,"merchant":"x","owner":true}`, "0.7310585786300049"},
		{`{"income":50.0,"merchant":"x","owner":1.0}`, `{"income":50,"merchant":"x","owner":true}`, "0.7310585786300049"},
		{`{"income":50,"merchant":"x","owner":"0"}`, `{"income":50,"merchant":"x","owner":false}`, "0.2689414213699951"},
		{`{"income":50,"merchant":"x","owner":"often"}`, `{"income":50,"merchant":"x","owner":"often"}`, "0.5"},
		{`{"income":50,"merchant":12345678901234567890,"owner":null}`, `{"income":50,"merchant":"12345678901234567890","owner":null}`, "0.8807970779778823"},
		{`{"income":50,"merchant":12345678901234567891,"owner":null}`, `{"income":50,"merchant":"12345678901234567891","owner":null}`, "0.5"},
		{`{"income":50,"merchant":"30.0","owner":""}`, `{"income":50,"merchant":"30","owner":null}`, "0.11920292202211755"},
		{`{"income":50,"merchant":" ","owner":null}`, `{"income":50,"merchant":null,"owner":null}`, "0.5"},
		{`{"income":50,"merchant":"TRUE","owner":null}`, `{"income":50,"merchant":"true","owner":null}`, "0.5"},
		{`{"income":50,"merchant":" 30.0\t","owner":" True "}`, `{"income":50,"merchant":"30","owner":true}`, "0.2689414213699951"},
		{`{" income":50,"merchant\u3000":"\u00a0x","owner":null}`, `{"income":50,"merchant":"x","owner":null}`, "0.5"},
	} {
		got := post(t, predictor.url+"/predict", test.sent)
		if got.code != http.StatusOK || !strings.Contains(got.body, `"probability":`+test.probability+`,`) {
			t.Errorf("%s: %d %s, want the probability %s", test.sent, got.code, got.body, test.probability)
		}
		if n := number(t, db, "SELECT count(*) FROM predictions WHERE id = ? AND features = ?", i, test.logged); n != 1 {
			t.Errorf("%s is not logged as %s", test.sent, test.logged)
		}
	}
	for body, says := range map[string]string{
		`{"income":"50","merchant":"x","owner":true}`:  "income is a string; send a number without quotes",
		`{"income":true,"merchant":"x","owner":true}`:  "income is true; send a number",
		`{"income":50,"merchant":["x"],"owner":true}`:  "merchant is an array",
		`{"income":50,"merchant":"x","owner":{"a":1}}`: "owner is an object",
	} {
		if got := post(t, predictor.url+"/predict", body); got.code != http.StatusBadRequest || !strings.Contains(got.body, says) {
			t.Errorf("%s: %d %s, want %q", body, got.code, got.body, says)
		}
	}
}

// A request id names one request: with another one it is refused, whether they come
// one after the other, at once, or before and after a kill.
func TestRequestIDsAtTheDoor(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "predictions.db")
	predictor := startPredictor(t, log, "")
	first := post(t, predictor.url+"/predict", good, "X-Request-ID", "loan 7")
	array := post(t, predictor.url+"/predict", "["+good+","+good+"]", "X-Request-ID", "batch")
	if first.code != http.StatusOK || array.code != http.StatusOK {
		t.Fatalf("%d %s, %d %s", first.code, first.body, array.code, array.body)
	}
	respelled := strings.ReplaceAll(strings.Replace(good, `"income":95000,`, "", 1), "}", ", \"income\" : 9.5e4 }")
	other := strings.Replace(good, "95000", "95001", 1)
	if got := post(t, predictor.url+"/predict", "["+good+","+other+"]", "X-Request-ID", "batch 2"); got.code != http.StatusOK {
		t.Fatalf("%d %s", got.code, got.body)
	}
	hold := func(when string) {
		for _, test := range []struct {
			name, id, body string
			want           answer
		}{
			{"the same request", "loan 7", good, first},
			{"the same values in another spelling", "loan 7", respelled, first},
			{"another value", "loan 7", other, answer{code: 422}},
			{"an array for an object", "loan 7", "[" + good + "]", answer{code: 422}},
			{"an empty array for an object", "loan 7", "[]", answer{code: 422}},
			{"the same array", "batch", "[" + respelled + "," + good + "]", array},
			{"an object for an array", "batch", good, answer{code: 422}},
			{"a longer array", "batch", "[" + good + "," + good + "," + good + "]", answer{code: 422}},
			{"a shorter array", "batch", "[" + good + "]", answer{code: 422}},
			{"an array of one for an array", "batch", "[[" + good + "]]", answer{code: 400}},
			{"null for a value", "loan 7", strings.Replace(good, "95000", "null", 1), answer{code: 422}},
			{"nothing of it", "loan 7", "{}", answer{code: 400}},
			{"the rows in another order", "batch 2", "[" + other + "," + good + "]", answer{code: 422}},
			{"another last row", "batch", "[" + good + "," + other + "]", answer{code: 422}},
		} {
			got := post(t, predictor.url+"/predict", test.body, "X-Request-ID", test.id)
			if got.code != test.want.code || test.want.body != "" && got.body != test.want.body {
				t.Errorf("%s, %s: %d %s, want %d %s", when, test.name, got.code, got.body, test.want.code, test.want.body)
			}
			if got.code == 422 && !strings.Contains(got.body, "send the same id only to repeat the same request") {
				t.Errorf("%s, %s: %s does not say what to do", when, test.name, got.body)
			}
		}
	}
	hold("at first")
	_ = predictor.kill(syscall.SIGKILL)
	predictor = startPredictor(t, log, "")
	hold("after a kill")

	// 64 clients at once, of which every other one asks for something else.
	var (
		group   sync.WaitGroup
		mu      sync.Mutex
		answers = map[string]int{}
		refused int
	)
	for c := range 64 {
		group.Go(func() {
			got, err := send(t.Context(), http.MethodPost, predictor.url+"/predict", []string{good, other}[c%2], "X-Request-ID", "one of 64")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				t.Error(err)
			case got.code == 422:
				refused++
			default:
				answers[got.body]++
			}
		})
	}
	group.Wait()
	if len(answers) != 1 || refused != 32 {
		t.Errorf("64 clients: %d refused and the answers %v, want 32 refused and one answer", refused, answers)
	}
	if n := number(t, database(t, log, "ro"), "SELECT count(*) FROM predictions"); n != 6 {
		t.Errorf("%d predictions in the log, want 6", n)
	}
}

// Another version of the model does not answer for the one that was asked: the first
// answer stands for the same request, and another request is refused.
func TestRequestIDsOfAnotherVersion(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "predictions.db")
	const body = `{"income":60,"merchant":null,"owner":1}`
	predictor := startPredictor(t, log, ownerModel)
	first := post(t, predictor.url+"/predict", body, "X-Request-ID", "loan 7")
	_ = predictor.kill(syscall.SIGTERM)
	predictor = startPredictor(t, log, strings.NewReplacer(`"version": "1"`, `"version": "2"`, `"intercept": 0`, `"intercept": -9`).Replace(ownerModel))
	if got := post(t, predictor.url+"/predict", body, "X-Request-ID", "loan 7"); first.code != http.StatusOK || got.body != first.body {
		t.Errorf("%d %s, want the first answer %s", got.code, got.body, first.body)
	}
	if got := post(t, predictor.url+"/predict", strings.Replace(body, "60", "61", 1), "X-Request-ID", "loan 7"); got.code != 422 {
		t.Errorf("another request: %d %s, want 422", got.code, got.body)
	}
	if n := number(t, database(t, log, "ro"), "SELECT count(*) FROM predictions WHERE version = '1'"); n != 1 {
		t.Errorf("%d predictions of version 1, want 1", n)
	}
}
