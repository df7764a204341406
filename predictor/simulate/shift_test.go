package simulate

import (
	"maps"
	"strings"
	"testing"
)

func TestShiftIsUnderstood(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]shift{
		"a=+0.5sd": {"a", 1, .5, true},
		"a=-2sd":   {"a", 1, -2, true},
		"a=+10":    {"a", 1, 10, false},
		"a=-5":     {"a", 1, -5, false},
		"a=*1.2":   {"a", 1.2, 0, false},
		"a=b=*0":   {"a=b", 0, 0, false},
	} {
		if got, err := parseShift(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "a", "a=", "a=+", "=+1", "a=1", "a=+x", "a=*2sd", "a=+sd", "a=++1", "a=-+1", "a=+NaN", "a=*Inf", "a=/2", "a=+1e999"} {
		if got, err := parseShift(text); err == nil || !strings.Contains(err.Error(), "write FEATURE=+0.5sd") {
			t.Errorf("%q: %+v, %v, want an error that shows the form", text, got, err)
		}
	}
}

func TestShiftChangesOnlyTheFinishedValue(t *testing.T) {
	t.Parallel()
	features := everyFeature()
	plain, err := newLoans(5, nil, features)
	if err != nil {
		t.Fatal(err)
	}
	shifted, err := newLoans(5, []string{"credit_score=-1sd", "income=*1.1", "interest_rate=+0.25"}, features)
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		a, outcome, err := plain.next(nil)
		if err != nil {
			t.Fatal(err)
		}
		b, shiftedOutcome, err := shifted.next(nil)
		if err != nil {
			t.Fatal(err)
		}
		before, after := numbers(t, a), numbers(t, b)
		want := maps.Clone(before)
		want["credit_score"] = toStep(before["credit_score"]-66.6474, 1)
		want["income"] = toStep(before["income"]*1.1, 100)
		want["interest_rate"] = toStep(before["interest_rate"]+.25, .001)
		for name := range want {
			if after[name] != want[name] {
				t.Fatalf("%s is %v, want %v; before %s", name, after[name], want[name], a)
			}
		}
		if outcome != shiftedOutcome {
			t.Fatal("a shift changes the outcome")
		}
	}
}

func TestShiftMustNameAFeature(t *testing.T) {
	t.Parallel()
	_, err := newLoans(1, []string{"height=+1sd"}, everyFeature())
	if err == nil || !strings.Contains(err.Error(), "the features are interest_rate, loan_amount") {
		t.Errorf("error %v, want the list of features", err)
	}
	_, err = newLoans(1, []string{"income=+1sd", "income=*2"}, everyFeature())
	if err == nil || !strings.Contains(err.Error(), "income is shifted twice") {
		t.Errorf("error %v, want that income is shifted twice", err)
	}
}
