package retrain

import (
	"context"
	"fmt"
	"math"
	"path/filepath"

	"go.yaml.in/yaml/v3"
	"gonum.org/v1/gonum/mathext"

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/respond"
	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

type (
	decoder = strictyaml.Decoder
	node    = *yaml.Node
)

// validate is the step validate. Of the served model, it compares the newest labels with training.
// Of a candidate, it compares the candidate with the served model on rows that the candidate was
// not trained on.
type validate struct {
	candidate bool
	model     string // the file of the served model
	labels    int
	minimum   int
	drop      float64
	level     float64
}

func parseValidate(d decoder, n node) (respond.Step, error) {
	m := d.Map(n, "validate", "model", "model_file", "labels", "minimum_labels", "drop", "level")
	v := &validate{
		candidate: m.OneOf("model", "served", "candidate") == "candidate", model: m.Text("model_file", ""),
		labels: int(m.Integer("labels", 1000, 50, 1_000_000)), minimum: int(m.Integer("minimum_labels", 500, 50, 1_000_000)),
		drop: m.Number("drop", 0.05, 0, 1), level: m.Number("level", 0.05, 1e-9, 0.5),
	}
	for _, key := range []string{"model_file", "labels", "drop"} {
		if v.candidate && m.Has(key) {
			m.Wrong(key, "%s goes with model: served; remove it", key)
		}
	}
	switch {
	case v.candidate:
		if m.Has("minimum_labels") {
			break
		}
		v.minimum = 50
	case m.Has("level"):
		m.Wrong("level", "level goes with model: candidate; remove it")
	default:
		m.Require("model_file", "write the path of the served model, whose accuracy in training is compared")
		if m.Err == nil && v.minimum > v.labels {
			m.Wrong("minimum_labels", "minimum_labels is %d, more than the %d labels that are looked at", v.minimum, v.labels)
		}
	}
	return v, m.Err
}

// Plan implements respond.Step.
func (v *validate) Plan(j *respond.Job) string {
	if v.candidate {
		return fmt.Sprintf("compare the candidate with the served model on rows that it was not trained on, and stop unless it is better (one-sided sign test, p < %g)", v.level)
	}
	return fmt.Sprintf("measure %s on its newest %d labels, and stop unless accuracy is more than %g below that of training", j.Model, v.labels, v.drop)
}

// Run implements respond.Step.
func (v *validate) Run(ctx context.Context, j *respond.Job) (respond.Result, error) {
	if v.candidate {
		return v.compare(j)
	}
	m, err := loadServed(v.model)
	if err != nil {
		return respond.Result{}, err
	}
	rows, err := newest(ctx, j.LogPath, j.Model, j.Version, v.labels, value.NewClassReader(m.Classes()))
	if err != nil {
		return respond.Result{}, err
	}
	found := validated{Now: measure(served(rows)), Training: trained(m)}
	if len(rows) < v.minimum {
		return respond.Result{Evidence: found, Stop: fmt.Sprintf("%d predictions of %s have a known outcome; %d are needed to judge it", len(rows), j.Model, v.minimum)}, nil
	}
	if m.Training.HeldOut == 0 {
		return respond.Result{}, fmt.Errorf("model file %s does not say how accurate the model was in training", v.model)
	}
	found.Drop = m.Training.Accuracy - found.Now.Accuracy
	if found.Drop <= v.drop {
		return respond.Result{Evidence: found, Stop: fmt.Sprintf("accuracy is %.3f, in training it was %.3f: it fell by no more than %g", found.Now.Accuracy, m.Training.Accuracy, v.drop)}, nil
	}
	return respond.Result{Evidence: found}, nil
}

// validated is the evidence about the served model.
type validated struct {
	Now      quality  `json:"now"`
	Training training `json:"training"`
	Drop     float64  `json:"accuracy_drop"`
}

// training is how good a model was on the rows that were held out when it was trained.
type training struct {
	Version  string  `json:"version"`
	Rows     int     `json:"rows"`
	Accuracy float64 `json:"accuracy"`
	AUC      float64 `json:"auc"`
}

func trained(m *model.Model) training {
	return training{Version: m.Version, Rows: m.Training.HeldOut, Accuracy: m.Training.Accuracy, AUC: m.Training.AUC}
}

// compared is the evidence about a candidate.
type compared struct {
	Candidate quality `json:"candidate"`
	Served    quality `json:"served"`
	// Wins are the rows about which only the candidate is right, Losses those about which only the
	// served model is.
	Wins   int     `json:"wins"`
	Losses int     `json:"losses"`
	P      float64 `json:"p_value"`
}

func (v *validate) compare(j *respond.Job) (respond.Result, error) {
	m, err := model.Load(filepath.Join(j.Folder, candidateModel))
	if err != nil {
		return respond.Result{}, fmt.Errorf("there is no candidate; put retrain before this step: %w", err)
	}
	rows, err := readTest(filepath.Join(j.Folder, testRows))
	if err != nil {
		return respond.Result{}, err
	}
	if len(rows) < v.minimum {
		return respond.Result{}, fmt.Errorf("%d rows were kept for this test; %d are needed (minimum_labels)", len(rows), v.minimum)
	}
	theirs := served(rows)
	ours, err := scored(m, rows)
	if err != nil {
		return respond.Result{}, err
	}
	found := compared{Candidate: measure(ours), Served: measure(theirs)}
	for i := range rows {
		switch {
		case ours[i].right && !theirs[i].right:
			found.Wins++
		case !ours[i].right && theirs[i].right:
			found.Losses++
		}
	}
	found.P = signTest(found.Wins, found.Losses)
	if !(found.P < v.level) {
		return respond.Result{Evidence: found, Stop: fmt.Sprintf(
			"the candidate is not better than the served model: of %d rows it alone is right about %d, the served model alone about %d (p = %.2g)",
			len(rows), found.Wins, found.Losses, found.P)}, nil
	}
	return respond.Result{Evidence: found}, nil
}

// signTest returns the probability of at least this many wins among the discordant pairs if either
// model is as likely to be the one that is right: the one-sided exact test of McNemar [1], by the
// incomplete beta function.
//
// [1] McNemar, Q. (1947). "Note on the Sampling Error of the Difference Between Correlated
// Proportions or Percentages". Psychometrika 12 (2): 153-157.
func signTest(wins, losses int) float64 {
	if wins == 0 {
		return 1
	}
	return math.Min(1, mathext.RegIncBeta(float64(wins), float64(losses)+1, 0.5))
}
