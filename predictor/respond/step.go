package respond

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

// Step is one step of a playbook.
type Step interface {
	// Plan says in one sentence what Run would do. A dry run shows it.
	Plan(j *Job) string
	// Run does the step. It must be safe to repeat with the same Job: after a kill nobody knows how
	// far it came.
	Run(ctx context.Context, j *Job) (Result, error)
}

// Result is what a step found or did.
type Result struct {
	// Evidence goes into the audit file as JSON.
	Evidence any
	// Text says in one sentence what was found or done. The page shows it.
	Text string
	// Stop ends the run without failure, and says why: there is nothing to do. If the step is
	// optional, the run goes on instead.
	Stop string
	// Final ends the run as done: what it was started for is done.
	Final bool
}

// Job is what a step may use.
type Job struct {
	// Run identifies the run, Key the step in it. Other systems can recognise a repetition by Key.
	Run, Key string
	Playbook string
	// Model and Version are the labels of the alert. Version can be empty.
	Model, Version string
	Alert          Alert
	// LogPath is the prediction log.
	LogPath string
	// Folder is a folder of this run for files. It exists.
	Folder string
	// Before is the evidence of the steps that are done, in their order.
	Before []Done
	Logger *slog.Logger
}

// Done is a step that is done.
type Done struct {
	Kind     string          `json:"step"`
	Evidence json.RawMessage `json:"evidence,omitempty"`
}

// Kind is a kind of step that playbooks can use.
type Kind struct {
	// Name is the key of a step in the configuration.
	Name string
	// Parse reads the value under that key, which can be nil.
	Parse func(d strictyaml.Decoder, n *yaml.Node) (Step, error)
}

// Patient is a step that takes longer than others.
type Patient interface {
	Step
	// Timeout is how long the step may take unless the configuration says otherwise.
	Timeout() time.Duration
}
