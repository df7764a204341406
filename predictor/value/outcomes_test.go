package value

import (
	"slices"
	"strings"
	"testing"
)

func TestOutcomesAreCodedByTheirValue(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		cells    []string
		positive string
		want     Coding
		classes  string // of the cells
		names    []Class
	}{
		{[]string{"0", "1"}, "", Coding{"0", "1"}, "01", []Class{{"0", ""}, {"1", ""}}},
		{[]string{"1.0", "0.0", "NA", ""}, "", Coding{"0", "1"}, "10  ", []Class{{"0", ""}, {"1", ""}}},
		{[]string{"1.0", "0.0", "NA", "nan"}, "0", Coding{"1", "0"}, "01  ", []Class{{"0", ""}, {"1", ""}}},
		{[]string{"False", "True", "TRUE"}, "", Coding{"false", "true"}, "011", []Class{{"0", "false"}, {"1", "true"}}},
		{[]string{"False", "True"}, "false", Coding{"true", "false"}, "10", []Class{{"0", ""}, {"1", ""}}},
		{[]string{"false"}, "", Coding{"false", "true"}, "0", []Class{{"0", "false"}, {"1", "true"}}},
		{[]string{"0"}, "", Coding{"0", "1"}, "0", []Class{{"0", ""}, {"1", ""}}},
		{[]string{"2", "1", "1.00"}, "2.0", Coding{"1", "2"}, "100", []Class{{"0", ""}, {"1", ""}}},
		{[]string{" yes", "no "}, "yes", Coding{"no", "yes"}, "10", []Class{{"0", "no"}, {"1", "yes"}}},
		{[]string{"yes", "no", "-", "?"}, "yes", Coding{"no", "yes"}, "10  ", []Class{{"0", "no"}, {"1", "yes"}}},
		{[]string{"Fraud", "None"}, "Fraud", Coding{"None", "Fraud"}, "10", []Class{{"0", "None"}, {"1", "Fraud"}}},
		{[]string{"yes"}, "yes", Coding{"", "yes"}, "1", []Class{{"0", ""}, {"1", "yes"}}},
		{[]string{"1", "NA"}, "", Coding{"0", "1"}, "1 ", []Class{{"0", ""}, {"1", ""}}},
		{[]string{"-1", "1"}, "1", Coding{"-1", "1"}, "01", []Class{{"0", "-1"}, {"1", ""}}},
	} {
		o := Outcomes{Missing: NewMissingTexts([]string{"-", "?"})}
		for _, cell := range test.cells {
			o.Add(cell)
		}
		got, err := o.Coding(test.positive)
		if err != nil || got != test.want {
			t.Errorf("%q: %+v, %v, want %+v", test.cells, got, err, test.want)
		}
		for i, cell := range test.cells {
			if class := got.Class(cell); class != strings.TrimSpace(test.classes[i:i+1]) {
				t.Errorf("%q: %q is class %q", test.cells, cell, class)
			}
		}
		if !slices.Equal(got.Classes(), test.names) {
			t.Errorf("%q: classes %v, want %v", test.cells, got.Classes(), test.names)
		}
	}
}

func TestWhatIsNoOutcomeIsSaid(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		cells    string
		positive string
		want     string
	}{
		{"", "", "has no value in any row"},
		{"-,-", "", "has no value in any row"},
		{"good,bad,open", "bad", `has more than two values ("good", "bad", "open"): keep two`},
		{"0,1,2,3,4,5,6,7,8,9,10,11", "1", `"9", ...)`},
		{"good,bad", "", `has the values "good", "bad": say with --positive`},
		{"good,bad", "Bad", `never has the value "Bad": its values are "good", "bad"`},
		{"good,NA", "", `has the values "good", "NA": say with --positive`},
		{"a," + strings.Repeat("b", 100000), "", `"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb..."`},
	} {
		o := Outcomes{Missing: NewMissingTexts([]string{"-"})}
		for cell := range strings.SplitSeq(test.cells, ",") {
			o.Add(cell)
		}
		if _, err := o.Coding(test.positive); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.30q: error %v, want %q in it", test.cells, err, test.want)
		}
	}
}
