package assess

import (
	"time"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// Reference names what a model is compared with.
type Reference struct {
	Hash   string `json:"hash"`
	Source string `json:"source"`
	// Origin is where its rows came from, in words; "" when it does not say.
	Origin string `json:"origin,omitempty"`
	Rows   int64  `json:"rows"`
	// Created is nil when the reference does not say.
	Created *time.Time `json:"created,omitempty"`
	// Accuracy is the share of its held-out rows that the model predicted right, 0 to 1;
	// nil when it has no outcomes.
	Accuracy *float64 `json:"accuracy,omitempty"`
	// MeanAbsoluteError is that of a regression's held-out rows; nil when it has no outcomes.
	MeanAbsoluteError *float64 `json:"mean_absolute_error,omitempty"`
	// Lacks has a sentence for each thing that it lacks, with what to do about it.
	Lacks []string `json:"lacks,omitempty"`
}

// referenceOf describes a reference, nil of none.
func referenceOf(r *reference.Reference) *Reference {
	if r == nil {
		return nil
	}
	v := &Reference{Hash: r.Hash, Source: r.Source, Origin: r.Origin, Rows: r.Rows, Accuracy: accuracyOf(r), Lacks: r.Lacks()}
	if r.Errors != nil {
		v.MeanAbsoluteError = known(r.Errors.MeanAbsolute())
	}
	if !r.Created.IsZero() {
		v.Created = &r.Created
	}
	return v
}

func accuracyOf(r *reference.Reference) *float64 {
	correct, labelled := int64(0), int64(0)
	for _, c := range r.Classes {
		correct, labelled = correct+c.Correct, labelled+c.Labelled
	}
	return share(correct, labelled)
}

// Load is how counting a reference elsewhere fares.
type Load struct {
	Model  string `json:"model"`
	Source string `json:"source"`
	// Failures since the process began; Checked is when it was last counted, or found
	// unchanged, nil: not yet.
	Failures int64      `json:"failures"`
	Checked  *time.Time `json:"checked,omitempty"`
}

func loadsOf(all *snapshot.Loads) (loads []Load) {
	if all == nil {
		return nil
	}
	for _, l := range *all {
		loads = append(loads, Load(l))
	}
	return loads
}
