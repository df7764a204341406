package retrain

import (
	"context"
	"fmt"
	"io"

	"github.com/drift-exporter/drift_exporter/predictor/respond"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
)

// shadow is the step shadow. It lets the candidate score every request a second time.
type shadow struct {
	file   string // of the predictor's --shadow.model.file
	reload []string
}

func parseShadow(d decoder, n node) (respond.Step, error) {
	m := d.Map(n, "shadow", "model_file", "reload")
	m.Require("model_file", "write the path of the predictor's --shadow.model.file")
	s := &shadow{file: m.Text("model_file", ""), reload: addresses(m)}
	return s, m.Err
}

// Plan implements respond.Step.
func (s *shadow) Plan(*respond.Job) string {
	return fmt.Sprintf("have the candidate score every request a second time, by %s", s.file)
}

// shadowed is the evidence of a shadow.
type shadowed struct {
	Version string `json:"version"`
	File    string `json:"file"`
}

// Run implements respond.Step.
func (s *shadow) Run(ctx context.Context, j *respond.Job) (respond.Result, error) {
	data, m, err := loadCandidate(j, "shadow")
	if err != nil {
		return respond.Result{}, err
	}
	err = rows.WriteFile(s.file, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	if err != nil {
		return respond.Result{}, fmt.Errorf("write the shadow: %w", err)
	}
	for _, address := range s.reload {
		if err := reload(ctx, address); err != nil {
			return respond.Result{}, fmt.Errorf("the shadow is written, but not read yet: %w", err)
		}
	}
	return respond.Result{
		Evidence: shadowed{Version: m.Version, File: s.file}, Text: fmt.Sprintf("version %s scores every request a second time", m.Version),
	}, nil
}
