package predictor

import (
	"net/http"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

func TestOutcomeIsAClassInAnySpelling(t *testing.T) {
	t.Parallel()
	var (
		named = []value.Class{{Text: "0", Name: "no"}, {Text: "1", Name: "yes"}}
		words = []value.Class{{Text: "bad"}, {Text: "good"}}
		truth = []value.Class{{Text: "False"}, {Text: "True"}}
	)
	for _, tt := range []struct {
		classes       []value.Class
		outcome, want string // Want is empty for an outcome that is refused.
	}{
		{zeroAndOne, `1`, `1`},
		{zeroAndOne, `1.0`, `1`},
		{zeroAndOne, `1e0`, `1`},
		{zeroAndOne, `10e-1`, `1`},
		{zeroAndOne, `"1"`, `1`},
		{zeroAndOne, `" 1.0 "`, `1`},
		{zeroAndOne, `true`, `1`},
		{zeroAndOne, `"TRUE"`, `1`},
		{zeroAndOne, `" true "`, `1`},
		{zeroAndOne, `-0`, `0`},
		{zeroAndOne, `0.000`, `0`},
		{zeroAndOne, `false`, `0`},
		{zeroAndOne, `"\u0046alse"`, `0`},
		{zeroAndOne, `2`, ``},
		{zeroAndOne, `-1`, ``},
		{zeroAndOne, `0.9999999999999999999`, ``},
		{zeroAndOne, `"yes"`, ``},
		{zeroAndOne, `""`, ``},
		{zeroAndOne, `"NaN"`, ``},
		{named, `"yes"`, `1`},
		{named, `" no "`, `0`},
		{named, `1`, `1`},
		{named, `true`, `1`},
		{named, `"YES"`, ``},
		{words, `"good"`, `"good"`},
		{words, `" bad"`, `"bad"`},
		{words, `1`, ``},
		{words, `true`, ``},
		{truth, `true`, `"true"`},
		{truth, `0`, `"false"`},
	} {
		s, log := newServer(t, nil)
		s.outcomes = newOutcomes(tt.classes)
		ask(t, s.Handler(), "POST", "/predict", goodRow)
		got := ask(t, s.Handler(), "POST", "/feedback", `{"prediction_id":0,"actual_outcome":`+tt.outcome+`}`)
		if tt.want == "" {
			if got.code != http.StatusBadRequest || len(log.feedback) != 0 || !strings.Contains(got.body, "not a class of the model; send ") {
				t.Errorf("%v: %s: got %d %s, want a refusal that lists the classes", tt.classes, tt.outcome, got.code, got.body)
			}
			continue
		}
		if got.code != http.StatusOK || !strings.HasPrefix(got.body, `{"prediction_id":0,"actual_outcome":`+tt.want+`,`) {
			t.Errorf("%v: %s: got %d %s, want the class %s", tt.classes, tt.outcome, got.code, got.body, tt.want)
			continue
		}
		if f := log.feedback[0]; f.Outcome != strings.Trim(tt.want, `"`) {
			t.Errorf("%v: %s: logged as %q, want the class %s", tt.classes, tt.outcome, f.Outcome, tt.want)
		}
	}
}

func TestRefusedOutcomeListsTheClasses(t *testing.T) {
	t.Parallel()
	for want, classes := range map[string][]value.Class{
		`send 0 or 1`:                             zeroAndOne,
		`send 0 (\"no\") or 1 (\"yes\")`:          {{Text: "0", Name: "no"}, {Text: "1", Name: "yes"}},
		`send \"bad\" or \"good\"`:                {{Text: "bad", Name: "bad"}, {Text: "good"}},
		`send \"a\" or \"b\" or \"c\" (\"high\")`: {{Text: "a"}, {Text: "b"}, {Text: "c", Name: "high"}},
	} {
		s, _ := newServer(t, nil)
		s.outcomes = newOutcomes(classes)
		for _, outcome := range []string{`3`, `{}`, `null`} {
			if got := ask(t, s.Handler(), "POST", "/feedback", `{"prediction_id":0,"actual_outcome":`+outcome+`}`); !strings.Contains(got.body, want) {
				t.Errorf("%s: got %s, want %s", outcome, got.body, want)
			}
		}
	}
}

func TestOutcomeMayBeTheNameOfAClassOfTheModel(t *testing.T) {
	t.Parallel()
	s, log := newServer(t, func(o *Options) { o.Model.Negative, o.Model.Positive = "no", "yes" })
	ask(t, s.Handler(), "POST", "/predict", goodRow)
	if got := ask(t, s.Handler(), "POST", "/feedback", `{"prediction_id":0,"actual_outcome":"yes"}`); got.code != http.StatusOK || log.feedback[0].Outcome != "1" {
		t.Errorf("got %d %s", got.code, got.body)
	}
}

// A foreign writer may have spelled the class of a prediction in its way.
func TestOutcomeIsComparedWithTheClassInAnySpelling(t *testing.T) {
	t.Parallel()
	o := newOutcomes([]value.Class{{Text: "0", Name: "no"}, {Text: "1", Name: "yes"}})
	for class, want := range map[string]bool{"1": true, "1.0": true, "True": true, "yes": true, "0": false, "no": false, "2": false} {
		if got := o.correct(class, "1"); got != want {
			t.Errorf("class %s, outcome 1: correct is %t", class, got)
		}
	}
}
