package retrain

import (
	"context"
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/respond"
	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

type (
	decoder = strictyaml.Decoder
	node    = *yaml.Node
)

// validate is the step validate. Of the served model, it compares labelled rows with training. Of a
// candidate, it compares the candidate with the served model on rows that the candidate was not
// trained on. The rows are those of the log, or a holdout.
type validate struct {
	candidate  bool
	model      string // the file of the served model
	holdout    *holdout
	labels     int
	minimum    int
	drop, rise float64
	isDrop     bool // drop is configured
	isRise     bool
	level      float64
}

func parseValidate(d decoder, n node, tables Tables) (respond.Step, error) {
	m := d.Map(n, "validate", "model", "model_file", "holdout", "labels", "minimum_labels", "drop", "rise", "level")
	v := &validate{
		candidate: m.OneOf("model", "served", "candidate") == "candidate", model: m.Text("model_file", ""),
		labels: int(m.Integer("labels", 1000, 50, 1_000_000)), minimum: int(m.Integer("minimum_labels", 500, 50, 1_000_000)),
		drop: m.Number("drop", 0.05, 0, 1), isDrop: m.Has("drop"), rise: m.Number("rise", 0.05, 0, 1000), isRise: m.Has("rise"),
		level: m.Number("level", 0.05, 1e-9, 0.5),
	}
	v.holdout = parseHoldout(m, m.Value("holdout"), tables)
	if v.holdout != nil && m.Has("labels") {
		m.Wrong("labels", "labels goes with the rows of the log, and there is a holdout; remove it")
	}
	for _, key := range []string{"labels", "drop", "rise"} {
		if v.candidate && m.Has(key) {
			m.Wrong(key, "%s goes with model: served; remove it", key)
		}
	}
	if v.candidate && v.holdout == nil && m.Has("model_file") {
		m.Wrong("model_file", "model_file goes with model: served, or with holdout; remove it")
	}
	if !v.candidate || v.holdout != nil {
		m.Require("model_file", "write the path of the served model, which is compared")
	}
	switch {
	case v.candidate:
		if !m.Has("minimum_labels") {
			v.minimum = 50
		}
	case m.Has("level"):
		m.Wrong("level", "level goes with model: candidate; remove it")
	case m.Err == nil && v.holdout == nil && v.minimum > v.labels:
		m.Wrong("minimum_labels", "minimum_labels is %d, more than the %d labels that are looked at", v.minimum, v.labels)
	}
	return v, m.Err
}

// Plan implements respond.Step.
func (v *validate) Plan(j *respond.Job) string {
	rows := fmt.Sprintf("its newest %d labels", v.labels)
	switch {
	case v.holdout != nil:
		rows = "the holdout " + v.holdout.place()
	case v.candidate:
		rows = "rows that it was not trained on"
	}
	if v.candidate {
		return fmt.Sprintf("compare the candidate with the served model on %s, and stop unless it is better (one-sided sign test, p < %g)", rows, v.level)
	}
	return fmt.Sprintf("measure %s on %s, and stop unless accuracy is more than %g below that of training, or the mean absolute error of a regression more than %g of it above", j.Model, rows, v.drop, v.rise)
}

// Run implements respond.Step.
func (v *validate) Run(ctx context.Context, j *respond.Job) (respond.Result, error) {
	if v.candidate {
		return v.compare(ctx, j)
	}
	m, err := loadServed(v.model, j)
	if err != nil {
		return respond.Result{}, err
	}
	if err := v.fits(m); err != nil {
		return respond.Result{}, err
	}
	found := validated{Training: trained(m)}
	answers, err := v.measured(ctx, j, m, &found)
	if err != nil {
		return respond.Result{}, err
	}
	found.Now = measure(kindOf(m), answers)
	if len(answers) < v.minimum {
		return respond.Result{Evidence: found, Stop: fmt.Sprintf("%d %s have a known outcome; %d are needed to judge it", len(answers), v.things(j), v.minimum)}, nil
	}
	if m.Training.HeldOut == 0 {
		return respond.Result{}, fmt.Errorf("model file %s does not say how good the model was in training", v.model)
	}
	text, worse := v.judge(m, &found)
	if !worse {
		return respond.Result{Evidence: found, Stop: text}, nil
	}
	return respond.Result{Evidence: found, Text: text}, nil
}

// things are what is measured, in words.
func (v *validate) things(j *respond.Job) string {
	if v.holdout != nil {
		return "rows of the holdout"
	}
	return "predictions of " + j.Model
}

// fits refuses a limit that is for models of another type.
func (v *validate) fits(m *model.Model) error {
	switch regression := kindOf(m) == value.Regression; {
	case regression && v.isDrop:
		return fmt.Errorf("model file %s is a regression, which has no accuracy; write rise instead of drop", v.model)
	case !regression && v.isRise:
		return fmt.Errorf("model file %s is not a regression; write drop instead of rise", v.model)
	}
	return nil
}

// measured returns the answers of the served model that are measured: those of the log, or those
// that the model gives for the holdout.
func (v *validate) measured(ctx context.Context, j *respond.Job, m *model.Model, found *validated) (answers []answer, err error) {
	if v.holdout == nil {
		rows, err := newest(ctx, j.LogPath, j.Model, j.Version, v.labels, outcomesOf(m))
		return served(kindOf(m), rows), err
	}
	rows, without, err := v.holdout.read(ctx, m)
	if err != nil {
		return nil, err
	}
	found.Holdout, found.Without = v.holdout.place(), without
	return scored(m, rows)
}

// judge says how the served model compares with training, and whether it is worse.
func (v *validate) judge(m *model.Model, found *validated) (text string, worse bool) {
	if kindOf(m) == value.Regression {
		before, now := m.Training.MeanAbsoluteError, *found.Now.Error
		if before > 0 {
			rise := now/before - 1
			found.Rise = &rise
		}
		text = fmt.Sprintf("the mean absolute error is %.4g, in training it was %.4g: it rose by ", now, before)
		if now > before*(1+v.rise) {
			return text + fmt.Sprintf("more than %g of that", v.rise), true
		}
		return text + fmt.Sprintf("no more than %g of that", v.rise), false
	}
	drop := m.Training.Accuracy - *found.Now.Accuracy
	found.Drop = &drop
	text = fmt.Sprintf("accuracy is %.3f, in training it was %.3f: it fell by ", *found.Now.Accuracy, m.Training.Accuracy)
	if drop > v.drop {
		return text + fmt.Sprintf("more than %g", v.drop), true
	}
	return text + fmt.Sprintf("no more than %g", v.drop), false
}

// validated is the evidence about the served model.
type validated struct {
	Now      quality  `json:"now"`
	Training training `json:"training"`
	Drop     *float64 `json:"accuracy_drop,omitempty"`
	// Rise is that of the mean absolute error of a regression, relative to training.
	Rise *float64 `json:"mean_absolute_error_rise,omitempty"`
	// Holdout is where the rows are, if not in the log. Without is the number of rows without an
	// outcome, which are left out.
	Holdout string `json:"holdout,omitempty"`
	Without int    `json:"rows_without_outcome,omitempty"`
}

// training is how good a model was on the rows that were held out when it was trained.
type training struct {
	Version  string  `json:"version"`
	Rows     int     `json:"rows"`
	Accuracy float64 `json:"accuracy,omitzero"`
	AUC      float64 `json:"auc,omitzero"`
	Error    float64 `json:"mean_absolute_error,omitzero"`
}

func trained(m *model.Model) training {
	return training{Version: m.Version, Rows: m.Training.HeldOut, Accuracy: m.Training.Accuracy, AUC: m.Training.AUC, Error: m.Training.MeanAbsoluteError}
}
