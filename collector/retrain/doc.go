// Package retrain has the steps of playbooks that are about the model itself: validate, retrain,
// shadow, challenge, promote and roll_back. They work on the labelled rows of the prediction log and on the files of
// the model and its reference.
package retrain

import (
	"context"
	"io"

	"github.com/drift-exporter/drift_exporter/predictor/respond"
)

// Command runs a command of drift_exporter, as a shell would.
type Command func(ctx context.Context, args []string, stdout, stderr io.Writer) error

// Kinds returns the kinds of steps of this package. run runs the command train, tables reads a
// holdout that is a table.
func Kinds(run Command, tables Tables) []respond.Kind {
	return []respond.Kind{
		{Name: "validate", Parse: func(d decoder, n node) (respond.Step, error) { return parseValidate(d, n, tables) }},
		{Name: "retrain", Parse: func(d decoder, n node) (respond.Step, error) { return parseRetrain(d, n, run) }},
		{Name: "shadow", Parse: parseShadow},
		{Name: "challenge", Parse: parseChallenge},
		{Name: "promote", Parse: parsePromote},
		{Name: "roll_back", Parse: parseRollBack},
	}
}

// The files of a run.
const (
	candidateModel     = "candidate-model.json"
	candidateReference = "candidate-reference.json"
	previousModel      = "previous-model.json"
	previousReference  = "previous-reference.json"
	trainingRows       = "training-rows.csv"
	testRows           = "test-rows.jsonl"
)
