package model

import (
	"bytes"
	"os"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/survey"
)

var lendingClubOptions = TrainOptions{Name: "lending_club", Version: "1", Holdout: .3, Seed: 1}

func lendingClub(t testing.TB) *Dataset {
	t.Helper()
	data, err := os.ReadFile("../../testdata/lending_club.csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	d, err := ReadCSV(bytes.NewReader(data), survey.Options{Outcome: "Class", Positive: "good"})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestRealLoansAreLearned(t *testing.T) {
	t.Parallel()
	d := lendingClub(t)
	if d.Rows != 9857 || len(d.Columns) != 22 {
		t.Fatalf("%d rows of %d features, want 9857 of 22", d.Rows, len(d.Columns))
	}
	m, e, err := Train(d, lendingClubOptions)
	if err != nil {
		t.Fatal(err)
	}
	if e.AUCLower <= .5 || e.AUC > .9 {
		t.Errorf("the held-out AUC is %v (%v to %v): it must be better than chance, and cannot be perfect", e.AUC, e.AUCLower, e.AUCUpper)
	}
	if e.LogLoss >= e.BaseLogLoss {
		t.Errorf("the log loss is %v, that of the base rate %v", e.LogLoss, e.BaseLogLoss)
	}
	if m.Training.Rows+m.Training.HeldOut != d.Rows || m.Training.Positive != "good" {
		t.Errorf("training %+v", m.Training)
	}
	// A higher interest rate is what the lender charges for a higher risk.
	for _, f := range m.Features {
		if f.Name == "int_rate" && f.Coefficient >= 0 {
			t.Errorf("the coefficient of int_rate is %v, want below 0", f.Coefficient)
		}
	}
}

func BenchmarkTrain(b *testing.B) {
	b.Run("lending_club", func(b *testing.B) {
		d := lendingClub(b)
		for b.Loop() {
			if _, _, err := Train(d, lendingClubOptions); err != nil {
				b.Fatal(err)
			}
		}
	})
}
