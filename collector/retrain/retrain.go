package retrain

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/respond"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// retrain is the step retrain. It trains a candidate on the newest labelled rows of the log, with
// the command train, so model and reference are made together from the same rows. The newest part
// of the rows is kept out of training, for the step validate.
type retrain struct {
	run     Command
	model   string // the file of the served model, which says what the features are
	labels  int
	minimum int
	test    float64
}

func parseRetrain(d decoder, n node, run Command) (respond.Step, error) {
	m := d.Map(n, "retrain", "model_file", "labels", "minimum_labels", "test")
	m.Require("model_file", "write the path of the served model, which says what the features are")
	r := &retrain{
		run: run, model: m.Text("model_file", ""), labels: int(m.Integer("labels", 10_000, 100, 1_000_000)),
		minimum: int(m.Integer("minimum_labels", 500, 100, 1_000_000)), test: m.Number("test", 0.25, 0.05, 0.9),
	}
	if m.Err == nil && r.minimum > r.labels {
		m.Wrong("minimum_labels", "minimum_labels is %d, more than the %d labels that are used", r.minimum, r.labels)
	}
	return r, m.Err
}

// Plan implements respond.Step.
func (r *retrain) Plan(j *respond.Job) string {
	return fmt.Sprintf("train a candidate for %s on its newest %d labels, the newest %.0f %% of which are kept to test it", j.Model, r.labels, 100*r.test)
}

// retrained is the evidence of a training.
type retrained struct {
	Rows      int      `json:"rows"`
	TestRows  int      `json:"test_rows"`
	FirstID   int64    `json:"first_prediction_id"`
	LastID    int64    `json:"last_prediction_id"`
	Version   string   `json:"version"`
	Training  training `json:"training"`
	Model     string   `json:"model_file"`
	Reference string   `json:"reference_file"`
	Output    string   `json:"output"`
}

// Run implements respond.Step.
func (r *retrain) Run(ctx context.Context, j *respond.Job) (respond.Result, error) {
	m, err := loadServed(r.model, j)
	if err != nil {
		return respond.Result{}, err
	}
	all, err := newest(ctx, j.LogPath, j.Model, "", r.labels, outcomesOf(m))
	if err != nil {
		return respond.Result{}, err
	}
	if len(all) < r.minimum {
		return respond.Result{Stop: fmt.Sprintf("%d predictions of %s have a known outcome; %d are needed to train", len(all), j.Model, r.minimum)}, nil
	}
	cut := len(all) - int(float64(len(all))*r.test)
	table, outcome := filepath.Join(j.Folder, trainingRows), outcomeColumn(m)
	if err := rows.WriteFile(table, func(w io.Writer) error { return writeTable(w, m, outcome, all[:cut]) }); err != nil {
		return respond.Result{}, fmt.Errorf("write the rows to train on: %w", err)
	}
	if err := rows.WriteFile(filepath.Join(j.Folder, testRows), func(w io.Writer) error { return writeTest(w, all[cut:]) }); err != nil {
		return respond.Result{}, fmt.Errorf("write the rows to test on: %w", err)
	}
	done := retrained{
		Rows: cut, TestRows: len(all) - cut, FirstID: all[0].ID, LastID: all[len(all)-1].ID,
		Version: j.Alert.StartsAt.UTC().Format("20060102T150405Z"),
		Model:   filepath.Join(j.Folder, candidateModel), Reference: filepath.Join(j.Folder, candidateReference),
	}
	var out bytes.Buffer
	err = r.run(ctx, r.arguments(m, j, done, table, outcome), &out, &out)
	done.Output = out.String()
	if err != nil {
		return respond.Result{}, fmt.Errorf("train: %w; %s", err, done.Output)
	}
	candidate, err := model.Load(done.Model)
	if err != nil {
		return respond.Result{}, err
	}
	if err := sameClasses(candidate, m); err != nil {
		return respond.Result{}, err
	}
	done.Training = trained(candidate)
	return respond.Result{
		Evidence: done, Text: fmt.Sprintf("version %s was trained on %d labelled rows; %d newer ones are kept to test it", done.Version, done.Rows, done.TestRows),
	}, nil
}

// arguments are those of the command train. Every column has the type that the served model has it
// in, whatever its newest values look like.
func (r *retrain) arguments(m *model.Model, j *respond.Job, done retrained, table, outcome string) []string {
	args := []string{
		"train", "--csv=" + table, "--outcome=" + outcome, "--type=" + string(kindOf(m)), "--model.name=" + j.Model, "--model.version=" + done.Version,
		"--model.output=" + done.Model, "--reference.output=" + done.Reference,
	}
	if kindOf(m) == value.Binary {
		args = append(args, "--positive="+named(m)[positiveClass], "--threshold="+strconv.FormatFloat(m.Threshold, 'g', -1, 64))
	}
	for _, text := range m.Missing {
		args = append(args, "--missing="+text)
	}
	for _, f := range m.Features {
		switch f.Type {
		case model.Numeric:
			args = append(args, "--numeric="+f.Name)
		case model.Categorical:
			args = append(args, "--categorical="+f.Name)
		}
	}
	return args
}

// named returns the names of a model's classes, by their texts. The candidate learns the names, so
// that outcomes in these words keep their meaning.
func named(m *model.Model) map[string]string {
	names := map[string]string{}
	for _, class := range m.Classes() {
		names[class.Text] = cmp.Or(class.Name, class.Text)
	}
	return names
}

// sameClasses returns an error if a candidate cannot take the place of the served model because a
// class did not occur among the rows that it was trained on.
func sameClasses(candidate, served *model.Model) error {
	have := candidate.Classes()
	for _, class := range served.Classes() {
		if !slices.Contains(have, class) {
			return fmt.Errorf("the candidate does not know the class %q, of which the rows have too few: the predictor would refuse it; raise labels", cmp.Or(class.Name, class.Text))
		}
	}
	if !slices.Equal(have, served.Classes()) {
		return errors.New("the candidate has the classes of the served model in another order: the predictor would refuse it; train the served model with train")
	}
	return nil
}

// outcomeColumn is a name for the column of outcomes that no feature has.
func outcomeColumn(m *model.Model) string {
	name, taken := "outcome", m.FeatureNames()
	for slices.Contains(taken, name) {
		name += "_"
	}
	return name
}

// writeTable writes rows as a CSV of the model's features and the outcome.
func writeTable(w io.Writer, m *model.Model, outcome string, all []labelled) error {
	names := m.FeatureNames()
	out := csv.NewWriter(w)
	if err := out.Write(append(slices.Clone(names), outcome)); err != nil {
		return err
	}
	cells, classes := make([]string, len(names)+1), named(m)
	for i := range all {
		var features map[string]any
		in := json.NewDecoder(bytes.NewReader(all[i].Features))
		in.UseNumber()
		if err := in.Decode(&features); err != nil {
			return fmt.Errorf("the features of prediction %d: %w", all[i].ID, err)
		}
		for _, name := range slices.Sorted(maps.Keys(features)) {
			if _, exact := features[value.Name(name)]; !exact {
				features[value.Name(name)] = features[name]
			}
		}
		for k, name := range names {
			cells[k] = cell(features[name])
		}
		cells[len(names)] = cmp.Or(classes[all[i].Outcome], all[i].Outcome)
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// cell returns a JSON value as a cell of a CSV. Objects and arrays stay what they are, which train
// counts as invalid.
func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	text, _ := json.Marshal(v) // it was JSON
	return string(text)
}

func writeTest(w io.Writer, all []labelled) error {
	out := json.NewEncoder(w)
	for i := range all {
		if err := out.Encode(&all[i]); err != nil {
			return err
		}
	}
	return nil
}

// readTest reads what writeTest has written.
func readTest(path string) (all []labelled, err error) {
	file, err := os.Open(filepath.Clean(path))
	if err != nil {
		return nil, fmt.Errorf("open the rows to test on; put retrain before this step: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	in := json.NewDecoder(bufio.NewReader(file))
	for {
		var l labelled
		err := in.Decode(&l)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the rows to test on: %w", err)
		}
		all = append(all, l)
	}
}
