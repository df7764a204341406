package retrain

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/respond"
)

// rollBack is the step roll_back. It serves the version again that a promotion replaced, if the
// version that is served now came from a promotion.
type rollBack struct {
	swap
	within int // labels of the promoted version
}

func parseRollBack(d decoder, n node) (respond.Step, error) {
	s, m := parseSwap(d, n, "roll_back", "within_labels")
	return &rollBack{s, int(m.Integer("within_labels", 5000, 1, 1_000_000))}, m.Err
}

// Plan implements respond.Step.
func (r *rollBack) Plan(*respond.Job) string {
	return fmt.Sprintf("replace %s and %s with the version before the last promotion", r.model, r.reference)
}

// Run implements respond.Step.
func (r *rollBack) Run(ctx context.Context, j *respond.Job) (respond.Result, error) {
	_, now, err := readModel(r.model)
	if err == nil {
		err = isFor(now, r.model, j)
	}
	if err != nil {
		return respond.Result{}, err
	}
	mark := filepath.Join(j.Folder, "rolled-back-from.txt")
	from := now.Version
	if text, err := os.ReadFile(filepath.Clean(mark)); err == nil { // an earlier attempt
		from = string(text)
	}
	if j.Version != "" && j.Version != from {
		return respond.Result{Stop: fmt.Sprintf("the alert is about version %s, and version %s of %s is served", j.Version, from, j.Model)}, nil
	}
	folder, err := r.promotion(filepath.Dir(j.Folder), from)
	if err != nil {
		return respond.Result{}, err
	}
	if folder == "" {
		return respond.Result{Stop: fmt.Sprintf("version %s of %s did not come from a promotion; there is nothing to roll back to", from, j.Model)}, nil
	}
	labels, err := newest(ctx, j.LogPath, j.Model, from, r.within+1, outcomesOf(now))
	if err != nil {
		return respond.Result{}, err
	}
	if len(labels) > r.within {
		return respond.Result{Stop: fmt.Sprintf("version %s has more than %d predictions with an outcome; it is no longer new", from, r.within)}, nil
	}
	if err := os.WriteFile(mark, []byte(from), 0o600); err != nil { // #nosec G703 -- in the folder of the run
		return respond.Result{}, fmt.Errorf("note the version that is replaced: %w", err)
	}
	previous, to, err := readModel(filepath.Join(folder, previousModel))
	if err != nil {
		return respond.Result{}, err
	}
	reference, err := os.ReadFile(filepath.Join(folder, previousReference)) // #nosec G304 -- in the folder of a run
	if err != nil {
		return respond.Result{}, fmt.Errorf("read the reference before the promotion: %w", err)
	}
	if to.Name != now.Name {
		return respond.Result{}, fmt.Errorf("%s is model %q, the version before it was for %q", r.model, now.Name, to.Name)
	}
	former, err := readPair(folder, candidateModel, candidateReference)
	if err != nil {
		return respond.Result{}, err
	}
	if err := r.put(ctx, pair{previous, reference}, former); err != nil {
		return respond.Result{}, err
	}
	done := swapped{From: from, To: to.Version, Model: r.model, Reference: r.reference, Reloaded: r.reload}
	return respond.Result{Evidence: done, Text: done.text(), Final: true}, nil
}

// promotion returns the folder of the run that promoted a version, or "".
func (r *rollBack) promotion(runs, version string) (string, error) {
	entries, err := os.ReadDir(runs)
	if err != nil {
		return "", fmt.Errorf("look for promotions: %w", err)
	}
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		folder := filepath.Join(runs, e.Name())
		_, candidate, err := readModel(filepath.Join(folder, candidateModel))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		if _, err := os.Stat(filepath.Join(folder, previousModel)); err == nil && candidate.Version == version {
			return folder, nil
		}
	}
	return "", nil
}
