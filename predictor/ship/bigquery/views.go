package bigquery

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/bigquery"

	"github.com/drift-exporter/drift_exporter/predictor/google"
	"github.com/drift-exporter/drift_exporter/predictor/ship"
)

// viewFeatures is the maximum number of features in the views, over all models, because the SQL
// has to fit into a query. Other features are only in the column features.
const viewFeatures = 500

// viewsPause is how long to wait after a failure before the views are tried again.
const viewsPause = time.Minute

// seen contains, for each model, the features that have been seen, and whether all their values
// were numbers.
type seen map[string]map[string]bool

// datasetViews keeps the views of the dataset up to date. They are for analysts, so a failure is
// logged but stops no rows.
type datasetViews struct {
	sink  *Sink
	known seen // nil: not read yet
	fresh bool // known holds something that the views do not
	quiet time.Time
}

func newViews(s *Sink) *datasetViews { return &datasetViews{sink: s, fresh: true} }

// saw learns the features of a batch that has arrived. If there are new features, it makes the
// views again.
func (v *datasetViews) saw(ctx context.Context, b *ship.Batch) {
	if !slices.Contains(viewed, b.Table) {
		return
	}
	if v.known == nil {
		if time.Now().Before(v.quiet) {
			return
		}
		known, err := v.read(ctx)
		if err != nil {
			v.failed(err)
			return
		}
		v.known = known
	}
	for i := range b.Predictions {
		if v.known.learn(b.Predictions[i].Model, b.Predictions[i].Features) {
			v.fresh = true
		}
	}
	if !v.fresh || time.Now().Before(v.quiet) {
		return
	}
	if err := v.write(ctx); err != nil {
		v.failed(err)
		return
	}
	v.fresh = false
}

func (v *datasetViews) failed(err error) {
	v.quiet = time.Now().Add(viewsPause)
	v.sink.logger.Warn("views of the dataset could not be made; rows are shipped all the same", "err", v.sink.explain(err))
}

// learn notes the features of one row and reports whether something changed.
func (f seen) learn(model string, data []byte) bool {
	var row map[string]json.RawMessage
	if json.Unmarshal(data, &row) != nil {
		return false
	}
	news := false
	for name, value := range row {
		if len(value) == 0 || value[0] == 'n' || strings.ContainsAny(name, "\"\\\x00\n\r") || name == "" {
			continue // null says nothing of the type; other names have no path
		}
		number := value[0] == '-' || value[0] >= '0' && value[0] <= '9'
		numeric, seen := f[model][name]
		switch {
		case seen && (number || !numeric):
			continue
		case !seen && f.count() >= viewFeatures:
			continue
		}
		if f[model] == nil {
			f[model] = map[string]bool{}
		}
		f[model][name], news = number, true
	}
	return news
}

func (f seen) count() (n int) {
	for _, of := range f {
		n += len(of)
	}
	return n
}

// The description of the view features_by_day starts with this text, followed by the features
// that the views know.
const describes = "Features of the predictions by day. Known features, and whether they are numbers: "

// read returns the features that the views of the dataset know.
func (v *datasetViews) read(ctx context.Context) (seen, error) {
	have, err := v.sink.dataset.Table("features_by_day").Metadata(ctx)
	if google.HasStatus(err, http.StatusNotFound) {
		return seen{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the view features_by_day: %w", err)
	}
	known := seen{}
	text, ours := strings.CutPrefix(have.Description, describes)
	if !ours || json.Unmarshal([]byte(text), &known) != nil {
		return seen{}, nil
	}
	return known, nil
}

// write makes the views, or replaces them.
func (v *datasetViews) write(ctx context.Context) error {
	dataset := v.sink.options.Project + "." + v.sink.options.Dataset
	text, err := json.Marshal(v.known) // sorts
	if err != nil {
		return err
	}
	for _, view := range viewsOf(dataset, v.known) {
		if view.name == "features_by_day" {
			view.description = describes + string(text)
		}
		if err := v.ensure(ctx, view); err != nil {
			return fmt.Errorf("make the view %s: %w", view.name, err)
		}
	}
	v.sink.logger.Info("made the views of the dataset", "features", v.known.count())
	return nil
}

func (v *datasetViews) ensure(ctx context.Context, view datasetView) error {
	table := v.sink.dataset.Table(view.name)
	have, err := table.Metadata(ctx)
	if google.HasStatus(err, http.StatusNotFound) {
		return table.Create(ctx, &bigquery.TableMetadata{ViewQuery: view.query, Description: view.description})
	}
	switch {
	case err != nil:
		return err
	case have.Type != bigquery.ViewTable:
		return fmt.Errorf("a %s has that name", strings.ToLower(string(have.Type)))
	case have.ViewQuery == view.query && have.Description == view.description:
		return nil
	}
	_, err = table.Update(ctx, bigquery.TableMetadataToUpdate{ViewQuery: view.query, Description: view.description}, have.ETag)
	return err
}

// datasetView is one view.
type datasetView struct{ name, description, query string }

// viewsOf returns the views of a dataset ("project.dataset") for the known features.
func viewsOf(dataset string, known seen) []datasetView {
	replace := strings.NewReplacer("DATASET", dataset).Replace
	all := []datasetView{
		{"outcomes", "The newest feedback of each prediction: its outcome.", replace(outcomesView)},
		{"performance_by_day", "Predictions of a day, what became of them, accuracy with its 95 % interval (Wilson), Brier score, and the errors of regressions.", replace(performanceView)},
		{"confusion_by_day", "Predictions of a day by predicted and actual class.", replace(confusionView)},
		{"scores_by_day", "Scores and classes of a day's predictions, and refused requests.", replace(scoresView)},
	}
	var legs []string
	for _, model := range slices.Sorted(maps.Keys(known)) {
		names := slices.Sorted(maps.Keys(known[model]))
		legs = append(legs, featuresLeg(dataset, model, names))
		all = append(all, modelView(dataset, model, names, known[model]))
	}
	if len(legs) == 0 {
		legs = []string{featuresLeg(dataset, "", nil)}
	}
	return append(all, datasetView{"features_by_day", describes, strings.Join(legs, "\nUNION ALL\n")})
}
